using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane.

/// <summary>LMOVE, RPOPLPUSH, and BLMOVE, BRPOPLPUSH, which wait for the source.</summary>
internal static unsafe class Moving
{
    // A value that goes round in one list is taken out of it before it is added.
    private const int StackBytesMax = 512;

    [Command("LMOVE", Arity = 5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List, Since = "6.2.0",
        Summary = "Pop an element from a list, push it to another list and return it", Complexity = "O(1)",
        Syntax = "source destination wherefrom(LEFT | RIGHT) whereto(LEFT | RIGHT)")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Index = 2, Access = KeyAccess.RW | KeyAccess.Insert)]
    internal static void LMove(ref CommandContext context)
    {
        if (ListEdit.TryEnd(ref context, 3, out bool fromHead) && ListEdit.TryEnd(ref context, 4, out bool toHead) && !TryMove(ref context, fromHead, toHead))
            context.Reply.Null();
    }

    [Command("RPOPLPUSH", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.List, Since = "1.2.0",
        Summary = "Remove the last element in a list, prepend it to another list and return it", Complexity = "O(1)", Syntax = "source destination",
        DeprecatedSince = "6.2.0", ReplacedBy = "`LMOVE` with the `RIGHT` and `LEFT` arguments")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Index = 2, Access = KeyAccess.RW | KeyAccess.Insert)]
    internal static void RPopLPush(ref CommandContext context)
    {
        if (!TryMove(ref context, fromHead: false, toHead: true))
            context.Reply.Null();
    }

    [Command("BLMOVE", Arity = 6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.NoScript | CommandFlags.Blocking,
        Group = CommandGroup.List, Since = "6.2.0",
        Summary = "Pop an element from a list, push it to another list and return it; or block until one is available", Complexity = "O(1)",
        Syntax = "source destination wherefrom(LEFT | RIGHT) whereto(LEFT | RIGHT) timeout:double")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Index = 2, Access = KeyAccess.RW | KeyAccess.Insert)]
    internal static void BLMove(ref CommandContext context)
    {
        if (ListEdit.TryEnd(ref context, 3, out bool fromHead) && ListEdit.TryEnd(ref context, 4, out bool toHead))
            MoveOrBlock(ref context, fromHead, toHead, 5);
    }

    [Command("BRPOPLPUSH", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.NoScript | CommandFlags.Blocking,
        Group = CommandGroup.List, Since = "2.2.0",
        Summary = "Pop an element from a list, push it to another list and return it; or block until one is available", Complexity = "O(1)",
        Syntax = "source destination timeout:double", DeprecatedSince = "6.2.0", ReplacedBy = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Index = 2, Access = KeyAccess.RW | KeyAccess.Insert)]
    internal static void BRPopLPush(ref CommandContext context) => MoveOrBlock(ref context, fromHead: false, toHead: true, 3);

    private static void MoveOrBlock(ref CommandContext context, bool fromHead, bool toHead, int timeoutIndex)
    {
        if (!BlockingTimeout.TryParse(ref context, timeoutIndex, out long timeoutMs) || TryMove(ref context, fromHead, toHead))
            return;

        // Redis's blocked clients get a null array in RESP2 although the reply is a string otherwise; those that cannot block get a null string.
        if (context.IsInTransaction)
            context.Reply.Null();
        else
            context.Block(1, 1, timeoutMs);
    }

    // False: there is no source, and no reply.
    private static bool TryMove(ref CommandContext context, bool fromHead, bool toHead)
    {
        var from = context.Key(1);
        if (!ListEdit.TryFindSource(ref context, from, out var source))
            return true;
        if (source.IsNull)
            return false;
        var to = context.Key(2);
        if (!context.TryFind(to, ValueType.List, out var target))
            return true;

        byte* element = ListValue.End(source, fromHead);
        ListReply.Element(context.Reply, element);
        var database = context.Database(from);
        if (context.IsJournaled)
            Tell(ref context, from, to, element, fromHead, toHead);
        if (source == target)
        {
            Rotate(database, from, source, element, fromHead, toHead);
            database.Notify(KeyspaceEvents.List, toHead ? "lpush"u8 : "rpush"u8, from);
            database.Notify(KeyspaceEvents.List, fromHead ? "lpop"u8 : "rpop"u8, from);
            return true;
        }
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        ListEdit.Push(context.Database(to), to, target, Listpack.Text(element, scratch), toHead);
        ListEdit.Drop(database, from, source, 1, fromHead);
        return true;
    }

    // Before the element moves, or goes.
    private static void Tell(ref CommandContext context, in Key from, in Key to, byte* element, bool fromHead, bool toHead)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        Effects.Move(context, from, to, Listpack.Text(element, scratch), fromHead, toHead);
    }

    private static void Rotate(Database database, in Key key, EntryRef list, byte* element, bool fromHead, bool toHead)
    {
        if (fromHead == toHead || ListValue.Count(list) == 1)
        {
            database.NoteChanged(key);
            return;
        }

        int length = Listpack.TextLength(element);
        int bytes = Math.Max(length, Listpack.ScratchBytes);
        byte* stack = stackalloc byte[StackBytesMax];
        byte* copy = bytes <= StackBytesMax ? stack : database.Heap.Allocate(bytes);
        var value = new Span<byte>(copy, length);
        var text = Listpack.Text(element, new Span<byte>(copy, bytes));
        if (!text.Overlaps(value))
            text.CopyTo(value);
        byte* shorter = ListValue.Drop(database.Values, list.Block, 1, fromHead);
        database.Replace(key, list, new EntryRef(ListValue.Push(database.Values, shorter, value, toHead)));
        if (copy != stack)
            database.Heap.Free(copy, bytes);
    }
}
