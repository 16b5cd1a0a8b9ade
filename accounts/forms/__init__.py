"""What people type, as values of the trade. The services say what is allowed; a form says it beside the field."""
