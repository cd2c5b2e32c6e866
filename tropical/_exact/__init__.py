"""Private exact arithmetic: rationals, linear algebra over Q, polyhedral cones in integers."""
