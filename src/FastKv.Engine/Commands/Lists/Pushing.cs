using FastKv.Engine.Configuration.Parameters;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane.

/// <summary>LPUSH, RPUSH, LPUSHX, RPUSHX.</summary>
internal static unsafe class Pushing
{
    [Command("LPUSH", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "1.0.0", Summary = "Prepend one or multiple elements to a list",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", Syntax = "key element...",
        History = ["2.4.0: Accepts multiple `element` arguments."])]
    internal static void LPush(ref CommandContext context) => Push(ref context, atHead: true, mustExist: false);

    [Command("RPUSH", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "1.0.0", Summary = "Append one or multiple elements to a list",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", Syntax = "key element...",
        History = ["2.4.0: Accepts multiple `element` arguments."])]
    internal static void RPush(ref CommandContext context) => Push(ref context, atHead: false, mustExist: false);

    [Command("LPUSHX", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "2.2.0", Summary = "Prepend an element to a list, only if the list exists",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", Syntax = "key element...",
        History = ["4.0.0: Accepts multiple `element` arguments."])]
    internal static void LPushX(ref CommandContext context) => Push(ref context, atHead: true, mustExist: true);

    [Command("RPUSHX", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "2.2.0", Summary = "Append an element to a list, only if the list exists",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", Syntax = "key element...",
        History = ["4.0.0: Accepts multiple `element` arguments."])]
    internal static void RPushX(ref CommandContext context) => Push(ref context, atHead: false, mustExist: true);

    private static void Push(ref CommandContext context, bool atHead, bool mustExist)
    {
        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.List, out var before))
            return;
        if (before.IsNull && mustExist)
        {
            context.Reply.Integer(0);
            return;
        }

        var database = context.Database(key);
        int next = 2;
        byte* list = before.IsNull ? ListValue.Create(database.Values, key.Span, context[next++], clock: database.Partition.NewAccessBits) : before.Block;
        for (; next < context.Count; next++)
            list = ListValue.Push(database.Values, list, context[next], atHead);

        var entry = new EntryRef(list);
        if (before.IsNull)
        {
            database.Insert(key, entry);
            database.MarkChanged(context.Count - 3);
        }
        else
        {
            database.Replace(key, before, entry, context.Count - 2);
        }
        database.Notify(KeyspaceEvents.List, atHead ? "lpush"u8 : "rpush"u8, key);
        context.Reply.Integer(ListValue.Count(entry));
    }
}
