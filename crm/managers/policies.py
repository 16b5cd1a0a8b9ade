"""Who may open the managers' home."""

from __future__ import annotations

from accounts.models import Capability
from crm.core.policy import define_act

# Opened by pages only, so no scope of its own: nothing here can be asked for by a key.
VIEW_HOME = define_act("managers.view_home", capabilities=[Capability.MANAGES, Capability.ADMINISTERS], scope="me:read")
