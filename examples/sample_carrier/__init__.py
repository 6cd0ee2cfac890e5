"""A small carrier's provisioning system, as an integrator would write it. See README.md."""
