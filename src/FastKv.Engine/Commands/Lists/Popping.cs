using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane.

/// <summary>LPOP and RPOP.</summary>
internal static unsafe class Popping
{
    [Command("LPOP", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "1.0.0", Summary = "Remove and get the first elements in a list",
        Complexity = "O(N) where N is the number of elements returned", Syntax = "key [count@6.2.0]", History = ["6.2.0: Added the `count` argument."])]
    internal static void LPop(ref CommandContext context) => Pop(ref context, atHead: true);

    [Command("RPOP", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "1.0.0", Summary = "Remove and get the last elements in a list",
        Complexity = "O(N) where N is the number of elements returned", Syntax = "key [count@6.2.0]", History = ["6.2.0: Added the `count` argument."])]
    internal static void RPop(ref CommandContext context) => Pop(ref context, atHead: false);

    private static void Pop(ref CommandContext context, bool atHead)
    {
        if (context.Count > 2)
        {
            PopSeveral(ref context, atHead);
            return;
        }
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.List, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        ListReply.Element(context.Reply, ListValue.End(entry, atHead));
        ListEdit.Drop(context.Database(key), key, entry, 1, atHead);
    }

    private static void PopSeveral(ref CommandContext context, bool atHead)
    {
        if (context.Count > 3)
        {
            CommandRules.WrongArity(ref context, context.Command);
            return;
        }
        if (!context.TryInteger(2, out long count, Errors.NotPositive))
            return;
        if (count < 0)
        {
            context.Reply.Error(Errors.NotPositive);
            return;
        }
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.List, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.NullArray();
            return;
        }
        if (count == 0)
        {
            context.Reply.ArrayHeader(0);
            return;
        }
        count = Math.Min(count, ListValue.Count(entry));
        ListReply.Ends(context.Reply, entry, count, atHead);
        ListEdit.Drop(context.Database(key), key, entry, count, atHead);
    }
}
