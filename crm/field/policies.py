"""Who may open the field day."""

from __future__ import annotations

from accounts.models import Capability
from crm.core.policy import define_act

# Opened by pages only, so no scope of its own: nothing here can be asked for by a key.
VIEW_DAY = define_act("field.view_day", capabilities=[Capability.VISITS], scope="me:read")
