"""What our agency holds about several people at once: before one of them is erased, what stays is written."""
