"""Diagnosis: what is wrong, told apart, each with the one thing to do."""

from gphotosfs.doctor.finding import Finding, Level
from gphotosfs.doctor.google import Patient, examine_google
from gphotosfs.doctor.machine import Machine, examine_machine

__all__ = ["Finding", "Level", "Machine", "Patient", "examine_google", "examine_machine"]
