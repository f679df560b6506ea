"""What a deployment is made of, started on loopback: for the demonstration, the tests and the benchmarks."""
