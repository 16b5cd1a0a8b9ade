"""Who may open the inside desk."""

from __future__ import annotations

from accounts.models import Capability
from crm.core.policy import define_act

# Opened by pages only, so no scope of its own: nothing here can be asked for by a key.
VIEW_DESK = define_act("inside.view_desk", capabilities=[Capability.CALLS], scope="me:read")
