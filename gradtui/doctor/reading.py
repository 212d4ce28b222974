"""The run as it stands now, as the rules see it: everything derived is computed once, when asked."""

from gradtui.doctor.progress import Progress


class Reading(Progress):
    """`Reading(facts)`: windows < layers < zeros < output < progress, one idea each."""
