using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Commands.Strings;

/// <summary>DIGEST and DELEX. Data plane.</summary>
internal static class Digests
{
    [Command("DIGEST", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "8.4.0", Summary = "Returns the XXH3 hash of a string value.",
        Complexity = "O(N) where N is the length of the string value.", Syntax = "key")]
    internal static void Digest(ref CommandContext context)
    {
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        if (!StringEdit.CheckType(ref context, entry))
            return;
        Span<byte> scratch = stackalloc byte[Protocol.NumberText.Int64CharsMax];
        Span<byte> digest = stackalloc byte[ValueCondition.DigestCharsMax];
        ValueCondition.WriteDigest(StringEdit.Read(entry, scratch), digest);
        context.Reply.BulkString(digest);
    }

    [Command("DELEX", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.String, Since = "8.4.0",
        Summary = "Conditionally removes the specified key based on value or digest comparison.",
        Complexity = "O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value.",
        Syntax = "key condition[IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Delete | KeyAccess.VariableFlags)]
    internal static void DelEx(ref CommandContext context)
    {
        if (context.Count is not (2 or 4))
        {
            CommandRules.WrongArity(ref context, context.Command);
            return;
        }
        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.Peek(key);
        if (entry.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        if (context.Count == 4)
        {
            if (!TryCondition(ref context, entry, out bool holds))
                return;
            if (!holds)
            {
                context.Reply.Integer(0);
                return;
            }
        }
        database.Remove(key, entry);
        if (context.IsJournaled)
            Effects.Delete(context, key, isLazy: false);
        database.Notify(KeyspaceEvents.Generic, "del"u8, key);
        context.Reply.Integer(1);
    }

    private static bool TryCondition(ref CommandContext context, Structures.EntryRef entry, out bool holds)
    {
        holds = false;
        if (entry.Type != Structures.ValueType.String)
        {
            context.Reply.Error(Errors.ConditionNeedsString);
            return false;
        }
        var condition = StringOptions.Recognise(ref context, 2) & StringOption.Comparison;
        if (condition == 0)
        {
            context.Reply.Error(Errors.InvalidCondition);
            return false;
        }
        if ((condition & (StringOption.IfDigestEq | StringOption.IfDigestNe)) != 0 && !ValueCondition.CheckDigest(ref context, 3))
            return false;
        holds = ValueCondition.Holds(condition, entry, context[3]);
        return true;
    }
}
