"""Every rule over a whole project: findings with file, line and column."""
