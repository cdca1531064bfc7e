"""The simulator: invented vendors on real sockets and files, with known truth.

For the demo and the tests. It plays the vendors and writes homes; it knows nothing of how
deliveries are processed, so that what it claims to be true is not what the product computed.
"""
