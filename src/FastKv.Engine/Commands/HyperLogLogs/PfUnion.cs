using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Commands.HyperLogLogs;

/// <summary>PFCOUNT and PFMERGE. Data plane.</summary>
internal static unsafe class PfUnion
{
    [Command("PFCOUNT", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.MayReplicate, Group = CommandGroup.HyperLogLog, Since = "2.8.9",
        Summary = "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).",
        Complexity = "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger " +
            "constant times, when called with multiple keys.",
        Syntax = "key...")]
    [KeySpec(Index = 1, LastKey = -1, Access = KeyAccess.RW | KeyAccess.Access,
        Notes = "RW because it may change the internal representation of the key, and propagate to replicas")]
    internal static void Count(ref CommandContext context)
    {
        if (context.Count > 2)
        {
            CountUnion(ref context);
            return;
        }
        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        if (!HyperLogLogAccess.Check(ref context, entry))
            return;
        HyperLogLogValue.MakeRaw(entry);
        if (!HyperLogLogValue.TryGetCached(entry, out long cardinality))
        {
            database.Preserve(entry);
            if (!HyperLogLogValue.TryCount(entry, out cardinality))
            {
                context.Reply.Error(Errors.CorruptHyperLogLog);
                return;
            }
            database.NoteChanged(key);
        }
        context.Reply.Integer(cardinality);
    }

    [Command("PFMERGE", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.HyperLogLog, Since = "2.8.9",
        Summary = "Merge N different HyperLogLogs into a single one.", Complexity = "O(N) to merge N HyperLogLogs, but with high constant times.",
        Syntax = "destkey sourcekey...")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Insert)]
    [KeySpec(Index = 2, LastKey = -1, Access = KeyAccess.RO | KeyAccess.Access)]
    [SkipLocalsInit]
    internal static void Merge(ref CommandContext context)
    {
        byte* registers = stackalloc byte[HyperLogLog.Registers];
        if (!TryUnite(ref context, registers, out bool hasDense))
            return;
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        var entry = existing.IsNull ? HyperLogLogAccess.Create(database, key) : existing;
        HyperLogLogValue.MakeRaw(entry);
        if (hasDense)
            entry = new EntryRef(HyperLogLogValue.MakeDense(database.Values, entry.Block, out _));
        entry = new EntryRef(HyperLogLogValue.Raise(database.Values, entry.Block, registers));
        HyperLogLogAccess.Link(database, key, existing, entry, 1);
        database.Notify(KeyspaceEvents.Text, "pfadd"u8, key);
        context.Reply.Ok();
    }

    [SkipLocalsInit]
    private static void CountUnion(ref CommandContext context)
    {
        byte* registers = stackalloc byte[HyperLogLog.Registers];
        if (TryUnite(ref context, registers, out _))
            context.Reply.Integer(HyperLogLogValue.Count(registers));
    }

    // The union of all keys of the command, a byte per register. No key changes, not even in encoding.
    private static bool TryUnite(ref CommandContext context, byte* registers, out bool hasDense)
    {
        hasDense = false;
        new Span<byte>(registers, HyperLogLog.Registers).Clear();
        for (int i = 1; i < context.Count; i++)
        {
            var key = context.Key(i);
            var entry = context.Database(key).FindForRead(key);
            if (entry.IsNull)
                continue;
            if (!HyperLogLogAccess.Check(ref context, entry))
                return false;
            hasDense |= !HyperLogLogValue.IsSparse(entry);
            if (!HyperLogLogValue.MergeInto(entry, registers))
            {
                context.Reply.Error(Errors.CorruptHyperLogLog);
                return false;
            }
        }
        return true;
    }
}
