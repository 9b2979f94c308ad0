"""Facts: prices, discounts, deadlines, delivery dates and policies, each said in one place. No I/O, no clock."""
