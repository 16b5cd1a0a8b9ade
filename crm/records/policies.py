"""Who may search: everybody, and each finds what they see."""

from __future__ import annotations

from crm.core.policy import define_act

# Opened by pages only, so no scope of its own: nothing here can be asked for by a key.
VIEW_SEARCH = define_act("records.view_search", scope="me:read")
