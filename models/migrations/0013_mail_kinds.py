"""No mail invites anybody: there is no page that an invitation could lead to. Whoever invites is shown the link."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from models.mail import MailKind


class Migration(migrations.Migration):
    dependencies = [("models", "0012_satisfaction")]

    initial = False

    operations = [
        ops.RemoveConstraint(model_name="Mail", name="support_mail_kind_known", fields=None),
        ops.AlterField(
            model_name="Mail",
            name="kind",
            field=fields.CharEnumField(
                description="TICKET_CONFIRMATION: ticket_confirmation\nAGENT_REPLY: agent_reply\n"
                "TICKET_RESOLVED: ticket_resolved\nSATISFACTION_SURVEY: satisfaction_survey\n"
                "TICKET_ASSIGNED: ticket_assigned\nCUSTOMER_REPLY: customer_reply\nMENTION: mention\n"
                "SLA_WARNING: sla_warning\nSLA_BREACHED: sla_breached\nSLA_ESCALATED: sla_escalated\nDIGEST: digest",
                enum_type=MailKind,
                max_length=30,
            ),
        ),
        ops.AddConstraint(
            model_name="Mail",
            constraint=CheckConstraint(
                check="kind IN ('ticket_confirmation', 'agent_reply', 'ticket_resolved', 'satisfaction_survey',"
                " 'ticket_assigned', 'customer_reply', 'mention', 'sla_warning', 'sla_breached', 'sla_escalated',"
                " 'digest')",
                name="support_mail_kind_known",
            ),
        ),
    ]
