using System.Runtime.CompilerServices;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Persistence.Journal;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Strings;

// Data plane. Counters are strings; INCR and its kin keep them as integers, INCRBYFLOAT as text. The expiry stays.

/// <summary>INCR, DECR, INCRBY, DECRBY and INCRBYFLOAT.</summary>
internal static class Counters
{
    [Command("INCR", Arity = 2, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "1.0.0",
        Summary = "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Complexity = "O(1)", Syntax = "key")]
    internal static void Incr(ref CommandContext context) => Add(ref context, 1);

    [Command("DECR", Arity = 2, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "1.0.0",
        Summary = "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Complexity = "O(1)", Syntax = "key")]
    internal static void Decr(ref CommandContext context) => Add(ref context, -1);

    [Command("INCRBY", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "1.0.0",
        Summary = "Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist.", Complexity = "O(1)",
        Syntax = "key increment:integer")]
    internal static void IncrBy(ref CommandContext context)
    {
        if (context.TryInteger(2, out long increment))
            Add(ref context, increment);
    }

    [Command("DECRBY", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "1.0.0",
        Summary = "Decrements a number from the integer value of a key. Uses 0 as initial value if the key doesn't exist.", Complexity = "O(1)",
        Syntax = "key decrement:integer")]
    internal static void DecrBy(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long decrement))
            return;
        if (decrement == long.MinValue)
            context.Reply.Error(Errors.DecrementOverflow);
        else
            Add(ref context, -decrement);
    }

    [Command("INCRBYFLOAT", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "2.6.0",
        Summary = "Increment the floating point value of a key by a number. Uses 0 as initial value if the key doesn't exist.", Complexity = "O(1)",
        Syntax = "key increment:double")]
    [SkipLocalsInit]
    internal static void IncrByFloat(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        ExtendedDouble value = default;
        if (!existing.IsNull)
        {
            if (!StringEdit.CheckType(ref context, existing))
                return;
            Span<byte> scratch = stackalloc byte[NumberText.Int64CharsMax];
            if (!TryFloat(ref context, StringEdit.Read(existing, scratch), out value))
                return;
        }
        if (!TryFloat(ref context, context[2], out var increment))
            return;
        value = ExtendedDouble.Add(value, increment);
        if (value.IsNaN || value.IsInfinity)
        {
            context.Reply.Error(Errors.FloatOverflow);
            return;
        }

        Span<byte> text = stackalloc byte[ExtendedDouble.HumanCharsMax];
        text = text[..value.FormatHuman(text)];
        StringEdit.PutText(database, key, existing, text);
        if (context.IsJournaled)
            Effects.Set(context, key, text, -1);
        database.Notify(KeyspaceEvents.Text, "incrbyfloat"u8, key);
        context.Reply.BulkString(text);
    }

    private static void Add(ref CommandContext context, long increment)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        long value = 0;
        if (!existing.IsNull)
        {
            if (!StringEdit.CheckType(ref context, existing))
                return;
            if (!StringEdit.TryReadInteger(existing, out value))
            {
                context.Reply.Error(Errors.NotAnInteger);
                return;
            }
        }

        long sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            context.Reply.Error(Errors.IncrementOverflow);
            return;
        }
        StringEdit.PutInteger(database, key, existing, sum);
        database.Notify(KeyspaceEvents.Text, "incrby"u8, key);
        context.Reply.Integer(sum);
    }

    private static bool TryFloat(ref CommandContext context, ReadOnlySpan<byte> text, out ExtendedDouble value)
    {
        if (ExtendedDouble.TryParse(text, out value))
            return true;
        context.Reply.Error(Errors.NotAFloat);
        return false;
    }
}
