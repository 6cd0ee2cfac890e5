"""The section [porting]: whether a number can still be moved to another carrier once its line is closed."""

from ringoff.features.rules.values import Duration, Strict


class PortingRules(Strict):
    may_port_for: Duration
    """How long after the closing; P0D: not at all, so whoever wants to keep the number moves it first."""

    @property
    def port_first(self) -> bool:
        return not self.may_port_for
