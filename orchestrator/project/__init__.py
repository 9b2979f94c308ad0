"""A project: finding its files, reading them all, and making one release of them."""

from orchestrator.folder import MARK, SHIPPED
from orchestrator.project.project import Project, find_project
from orchestrator.project.survey import Read, Survey

__all__ = ["MARK", "SHIPPED", "Project", "Read", "Survey", "find_project"]
