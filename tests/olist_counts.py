"""What a replay of the Olist orders must come to, counted from the CSV alone: nothing of Jogral is imported here."""

import csv
import json
import sys
from collections import Counter
from datetime import datetime


def day(text):
    return datetime.strptime(text, "%m/%d/%Y %H:%M").date()  # noqa: DTZ007  # only days are compared


def counts(path):
    """Message → how many customers must be written to."""
    found = Counter()
    with open(path, newline="", encoding="utf-8") as file:  # noqa: PTH123  # as plain as can be
        for row in csv.DictReader(file):
            delivered, estimated = row["order_delivered_customer_date"], row["order_estimated_delivery_date"]
            found["order_confirmed"] += 1
            found["order_cancelled"] += row["order_status"] == "canceled"
            found["order_shipped"] += row["order_delivered_carrier_date"] != ""
            found["order_delivered"] += delivered != ""
            in_time = delivered != "" and day(delivered) <= day(estimated)
            found["order_late"] += not in_time and row["order_status"] not in ("canceled", "unavailable")
    return dict(found)


if __name__ == "__main__":
    print(json.dumps(counts(sys.argv[1]), sort_keys=True))  # noqa: T201  # a script
