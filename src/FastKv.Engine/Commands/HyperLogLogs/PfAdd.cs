using FastKv.Engine.Configuration.Parameters;
using FastKv.Structures;

namespace FastKv.Engine.Commands.HyperLogLogs;

/// <summary>PFADD. Data plane.</summary>
internal static unsafe class PfAdd
{
    [Command("PFADD", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.HyperLogLog, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Insert, Since = "2.8.9", Summary = "Adds the specified elements to the specified HyperLogLog.",
        Complexity = "O(1) to add every element.", Syntax = "key [element...]")]
    internal static void Execute(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        EntryRef entry;
        long changes = 0;
        if (existing.IsNull)
        {
            entry = HyperLogLogAccess.Create(database, key);
            changes = 1;
        }
        else
        {
            if (!HyperLogLogAccess.Check(ref context, existing))
                return;
            HyperLogLogValue.MakeRaw(existing);
            HyperLogLogAccess.BeforeChange(database, existing);
            entry = existing;
        }

        bool corrupt = false;
        for (int i = 2; i < context.Count && !corrupt; i++)
        {
            entry = new EntryRef(HyperLogLogValue.Add(database.Values, entry.Block, context[i], out var change));
            if (change == HyperLogLogChange.Raised)
                changes++;
            corrupt = change == HyperLogLogChange.Corrupt;
        }
        if (existing.IsNull)
            HyperLogLogValue.Invalidate(entry);
        HyperLogLogAccess.Link(database, key, existing, entry, changes);
        if (changes > 0 && !corrupt)
            database.Notify(KeyspaceEvents.Text, "pfadd"u8, key);
        if (corrupt)
            context.Reply.Error(Errors.CorruptHyperLogLog);
        else
            context.Reply.Integer(changes > 0 ? 1 : 0);
    }
}
