using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Server;

/// <summary>OBJECT: how a value is kept. Looking at a key this way is no access to it. Data plane.</summary>
[CommandContainer("OBJECT", Group = CommandGroup.Generic, Since = "2.2.3", Summary = "A container for object introspection commands.",
    Complexity = "Depends on subcommand.")]
internal static class ObjectCommands
{
    [Command("OBJECT|ENCODING", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Categories = AclCategories.Keyspace,
        FirstKey = 2, LastKey = 2, Access = KeyAccess.RO, Since = "2.2.3", Summary = "Returns the internal encoding of a Redis object.", Complexity = "O(1)",
        Syntax = "key", Tips = ["nondeterministic_output"])]
    internal static void Encoding(ref CommandContext context)
    {
        if (TryFind(ref context, out var entry))
            context.Reply.BulkString(Values.EncodingName(entry));
    }

    [Command("OBJECT|REFCOUNT", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Categories = AclCategories.Keyspace,
        FirstKey = 2, LastKey = 2, Access = KeyAccess.RO, Since = "2.2.3", Summary = "Returns the reference count of a value of a key.", Complexity = "O(1)",
        Syntax = "key", Tips = ["nondeterministic_output"], Differs = "The copy of a small integer counts as shared, like any other.")]
    internal static void ReferenceCount(ref CommandContext context)
    {
        if (TryFind(ref context, out var entry))
            context.Reply.Integer(ValueFacts.ReferencesOf(entry, context.Partition.Options));
    }

    [Command("OBJECT|IDLETIME", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Categories = AclCategories.Keyspace,
        FirstKey = 2, LastKey = 2, Access = KeyAccess.RO, Since = "2.2.3", Summary = "Returns the time since the last access to a Redis object.",
        Complexity = "O(1)", Syntax = "key", Tips = ["nondeterministic_output"])]
    internal static void IdleTime(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry))
            return;
        if (context.Partition.IsLfu)
            context.Reply.Error(Errors.NotLru);
        else
            context.Reply.Integer(AccessClock.IdleSeconds(entry.AccessClock, context.NowMs));
    }

    [Command("OBJECT|FREQ", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Categories = AclCategories.Keyspace,
        FirstKey = 2, LastKey = 2, Access = KeyAccess.RO, Since = "4.0.0", Summary = "Returns the logarithmic access frequency counter of a Redis object.",
        Complexity = "O(1)", Syntax = "key", Tips = ["nondeterministic_output"])]
    internal static void Frequency(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry))
            return;
        if (context.Partition.IsLfu)
            context.Reply.Integer(AccessFrequency.CounterOf(entry.AccessClock, context.NowMs, context.Partition.Options));
        else
            context.Reply.Error(Errors.NotLfu);
    }

    [Command("OBJECT|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Generic, Categories = AclCategories.Keyspace,
        Route = CommandRoute.Connection, Since = "6.2.0", Summary = "Returns helpful text about the different subcommands.", Complexity = "O(1)")]
    internal static void Help(ref CommandContext context) => ContainerHelp.Reply(ref context, "OBJECT"u8, """
        ENCODING <key>
            Return the kind of internal representation used in order to store the value
            associated with a <key>.
        FREQ <key>
            Return the access frequency index of the <key>. The returned integer is
            proportional to the logarithm of the recent access frequency of the key.
        IDLETIME <key>
            Return the idle time of the <key>, that is the approximated number of
            seconds elapsed since the last access to the key.
        REFCOUNT <key>
            Return the number of references of the value associated with the specified
            <key>.
        """u8);

    private static bool TryFind(ref CommandContext context, out EntryRef entry)
    {
        var key = context.Key(2);
        entry = context.Database(key).PeekSilently(key);
        if (!entry.IsNull)
            return true;
        context.Reply.Null();
        return false;
    }
}
