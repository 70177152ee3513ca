using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Commands.Generic;

/// <summary>EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT, PERSIST: setting and removing times to live. Data plane.</summary>
internal static class Expiry
{
    [Flags]
    private enum Condition
    {
        None = 0, Absent = 1, Present = 2, Greater = 4, Less = 8,
    }


    [Command("EXPIRE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "1.0.0", Summary = "Sets the expiration time of a key in seconds.", Complexity = "O(1)",
        Syntax = "key seconds condition[NX | XX | GT | LT]@7.0.0", History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void Expire(ref CommandContext context) => SetExpiry(ref context, context.NowMs, 1000);

    [Command("PEXPIRE", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "2.6.0", Summary = "Sets the expiration time of a key in milliseconds.", Complexity = "O(1)",
        Syntax = "key milliseconds condition[NX | XX | GT | LT]@7.0.0", History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void ExpireMilliseconds(ref CommandContext context) => SetExpiry(ref context, context.NowMs, 1);

    [Command("EXPIREAT", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "1.2.0", Summary = "Sets the expiration time of a key to a Unix timestamp.",
        Complexity = "O(1)", Syntax = "key unix-time-seconds condition[NX | XX | GT | LT]@7.0.0",
        History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void ExpireAt(ref CommandContext context) => SetExpiry(ref context, 0, 1000);

    [Command("PEXPIREAT", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "2.6.0", Summary = "Sets the expiration time of a key to a Unix milliseconds timestamp.",
        Complexity = "O(1)", Syntax = "key unix-time-milliseconds condition[NX | XX | GT | LT]@7.0.0",
        History = ["7.0.0: Added options: `NX`, `XX`, `GT` and `LT`."])]
    internal static void ExpireAtMilliseconds(ref CommandContext context) => SetExpiry(ref context, 0, 1);

    [Command("PERSIST", Arity = 2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "2.2.0", Summary = "Removes the expiration time of a key.", Complexity = "O(1)", Syntax = "key")]
    internal static void Persist(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.Find(key);
        if (entry.IsNull || !entry.HasExpiry)
        {
            context.Reply.Integer(0);
            return;
        }
        database.RemoveExpiry(key, entry);
        database.Notify(KeyspaceEvents.Generic, "persist"u8, key);
        context.Reply.Integer(1);
    }

    /// <summary>Sets the expiry to <paramref name="baseMs"/> plus argument 2 in units of <paramref name="unitMs"/>, if the conditions hold.</summary>
    private static void SetExpiry(ref CommandContext context, long baseMs, long unitMs)
    {
        if (!TryConditions(ref context, out var condition) || !context.TryInteger(2, out long amount))
            return;
        if (!TryAbsolute(amount, unitMs, baseMs, out long expiryMs))
        {
            context.Reply.Error("ERR invalid expire time in '"u8, CommandText.NameOf(context.Command), "' command"u8);
            return;
        }

        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.Find(key);
        if (entry.IsNull || !Holds(condition, entry.ExpiryMs, expiryMs))
        {
            context.Reply.Integer(0);
            return;
        }
        bool isPast = expiryMs <= context.NowMs;
        if (isPast)
            database.Remove(key, entry);
        else
            database.SetExpiry(key, entry, expiryMs);
        if (context.IsJournaled)
            Tell(ref context, key, isPast, expiryMs);
        database.Notify(KeyspaceEvents.Generic, isPast ? "del"u8 : "expire"u8, key);
        context.Reply.Integer(1);
    }

    // As an absolute time in milliseconds; conditions stay, and hold again.
    private static void Tell(ref CommandContext context, in Key key, bool isPast, long expiryMs)
    {
        if (isPast)
            Effects.Delete(context, key, context.Partition.Options.LazyFreeLazyExpire);
        else if (context.Command.Name != "pexpireat")
            context.BeginEffect(key, "PEXPIREAT"u8, context.Count).Add(key.Span).Add(expiryMs).Add(context, 3, context.Count);
    }

    private static bool TryAbsolute(long amount, long unitMs, long baseMs, out long expiryMs)
    {
        expiryMs = 0;
        if (unitMs != 1 && (amount > long.MaxValue / unitMs || amount < long.MinValue / unitMs))
            return false;
        long milliseconds = amount * unitMs;
        if (milliseconds > long.MaxValue - baseMs)
            return false;
        expiryMs = milliseconds + baseMs;
        return true;
    }

    private static bool Holds(Condition condition, long currentMs, long nextMs)
    {
        bool isVolatile = currentMs >= 0;
        if ((condition & Condition.Absent) != 0 && isVolatile)
            return false;
        if ((condition & Condition.Present) != 0 && !isVolatile)
            return false;

        // A key without expiry lives for ever: nothing is greater, everything is less.
        if ((condition & Condition.Greater) != 0 && (!isVolatile || nextMs <= currentMs))
            return false;
        return (condition & Condition.Less) == 0 || !isVolatile || nextMs < currentMs;
    }

    private static bool TryConditions(ref CommandContext context, out Condition condition)
    {
        condition = Condition.None;
        for (int i = 3; i < context.Count; i++)
        {
            if (context.Is(i, "NX"u8))
                condition |= Condition.Absent;
            else if (context.Is(i, "XX"u8))
                condition |= Condition.Present;
            else if (context.Is(i, "GT"u8))
                condition |= Condition.Greater;
            else if (context.Is(i, "LT"u8))
                condition |= Condition.Less;
            else
            {
                context.Reply.Error("ERR Unsupported option "u8, CommandRules.Shown(context[i]).TrimEnd("\r\n"u8), default);
                return false;
            }
        }
        if ((condition & Condition.Absent) != 0 && condition != Condition.Absent)
        {
            context.Reply.Error(Errors.ExpireNotCompatible);
            return false;
        }
        if ((condition & Condition.Greater) != 0 && (condition & Condition.Less) != 0)
        {
            context.Reply.Error(Errors.ExpireGreaterAndLess);
            return false;
        }
        return true;
    }
}
