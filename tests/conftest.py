"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A busy machine is slow, which is no defect of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
