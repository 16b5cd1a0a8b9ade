from accounts.models.absences import Absence
from accounts.models.calendars import WorkingCalendar
from accounts.models.keys import ApiKey
from accounts.models.notices import Notice
from accounts.models.organisation import Organisation
from accounts.models.people import Capability, Motion, User
from accounts.models.teams import Team, TeamManager

__all__ = [
    "Absence",
    "ApiKey",
    "Capability",
    "Motion",
    "Notice",
    "Organisation",
    "Team",
    "TeamManager",
    "User",
    "WorkingCalendar",
]
