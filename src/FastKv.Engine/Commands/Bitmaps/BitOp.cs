using FastKv.Engine.Commands.Strings;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Bitmaps;

// Data plane. BITOP combines any number of strings; the table of sources is on the stack, or for many of them in scratch memory of the heap. The
// result is computed right into the new entry, which replaces the destination only then: it may be one of the sources.

/// <summary>BITOP.</summary>
internal static unsafe class BitOp
{
    /// <summary>3 KiB of stack.</summary>
    private const int SourcesOnStackMax = 64;

    [Command("BITOP", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Bitmap, Since = "2.6.0",
        Summary = "Performs bitwise operations on multiple strings, and stores the result.", Complexity = "O(N)", Syntax = "operation destkey key...",
        History = ["8.2.0: Added the `DIFF`, `DIFF1`, `ANDOR`, and `ONE` operations."])]
    [KeySpec(Index = 2, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Index = 3, LastKey = -1, Access = KeyAccess.RO | KeyAccess.Access)]
    internal static void Execute(ref CommandContext context)
    {
        int count = context.Count - 3;
        if (!TryOperator(ref context, count, out var operation))
            return;
        if (count <= SourcesOnStackMax)
        {
            Source* sources = stackalloc Source[count];
            BitmapSource* views = stackalloc BitmapSource[count];
            Combine(ref context, operation, sources, views, count);
            return;
        }

        var heap = context.Partition.Heap;
        long bytes = count * (long)(sizeof(BitmapSource) + sizeof(Source));
        byte* block = heap.Allocate(bytes);
        var many = (BitmapSource*)block;
        Combine(ref context, operation, (Source*)(many + count), many, count);
        heap.Free(block, bytes);
    }

    private static bool TryOperator(ref CommandContext context, int sources, out BitOperator operation)
    {
        operation = default;
        if (context.Is(1, "AND"u8))
            operation = BitOperator.And;
        else if (context.Is(1, "OR"u8))
            operation = BitOperator.Or;
        else if (context.Is(1, "XOR"u8))
            operation = BitOperator.Xor;
        else if (context.Is(1, "ONE"u8))
            operation = BitOperator.One;
        else if (context.Is(1, "NOT"u8))
            return TryUnary(ref context, sources, BitOperator.Not, out operation);
        else if (context.Is(1, "DIFF"u8))
            return TryWithOthers(ref context, sources, BitOperator.Diff, "DIFF"u8, out operation);
        else if (context.Is(1, "DIFF1"u8))
            return TryWithOthers(ref context, sources, BitOperator.Diff1, "DIFF1"u8, out operation);
        else if (context.Is(1, "ANDOR"u8))
            return TryWithOthers(ref context, sources, BitOperator.AndOr, "ANDOR"u8, out operation);
        else
            return Reject(ref context, Errors.Syntax);
        return true;
    }

    private static bool TryUnary(ref CommandContext context, int sources, BitOperator given, out BitOperator operation)
    {
        operation = given;
        return sources == 1 || Reject(ref context, Errors.BitOpNotNeedsOneSource);
    }

    private static bool TryWithOthers(ref CommandContext context, int sources, BitOperator given, ReadOnlySpan<byte> name, out BitOperator operation)
    {
        operation = given;
        if (sources >= 2)
            return true;
        context.Reply.Error(Errors.BitOpPrefix, name, Errors.BitOpNeedsTwoSourcesSuffix);
        return false;
    }

    private static bool Reject(ref CommandContext context, ReadOnlySpan<byte> error)
    {
        context.Reply.Error(error);
        return false;
    }

    private static void Combine(ref CommandContext context, BitOperator operation, Source* sources, BitmapSource* views, int count)
    {
        long length = 0;
        for (int i = 0; i < count; i++)
        {
            var sourceKey = context.Key(i + 3);
            var entry = context.Database(sourceKey).FindForRead(sourceKey);
            if (!entry.IsNull && !StringEdit.CheckType(ref context, entry))
                return;
            views[i].Data = StringEdit.Pin(entry, sources[i].IntegerText, out int sourceLength);
            views[i].Length = sourceLength;
            length = Math.Max(length, sourceLength);
        }

        var key = context.Key(2);
        var database = context.Database(key);
        var existing = database.Peek(key);
        if (length == 0)
        {
            if (!existing.IsNull)
            {
                database.Remove(key, existing);
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            }
        }
        else
        {
            Store(database, key, existing, operation, views, count, length);
        }
        context.Reply.Integer(length);
    }

    private static void Store(
        Database database, in Key key, EntryRef existing, BitOperator operation, BitmapSource* views, int count, long length)
    {
        byte* entry = StringEntry.CreateZeroed(database.Heap, key.Span, length, -1, database.AccessBitsOver(existing));
        BitOperation.Compute(operation, StringEntry.Bytes(entry, out _), length, views, count);
        if (!existing.IsNull)
        {
            database.Unlink(key, existing);
            database.Partition.LazyFree.Free(existing);
        }
        database.Insert(key, new EntryRef(entry), isNew: existing.IsNull);
        database.Notify(KeyspaceEvents.Text, "set"u8, key);
    }

    /// <summary>Where the text of a source that is kept as an integer stands meanwhile.</summary>
    private struct Source
    {
        public fixed byte IntegerText[NumberText.Int64CharsMax];
    }
}
