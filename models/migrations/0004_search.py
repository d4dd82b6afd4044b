"""Words of tickets and messages, and the indexes that searches use."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.search import SEARCH


class Migration(migrations.Migration):
    dependencies = [("models", "0003_content")]

    initial = False

    operations = [ops.RunSQL(list(SEARCH))]
