"""What the commands do, apart from reading their arguments. They stand on every room and know no HTTP."""
