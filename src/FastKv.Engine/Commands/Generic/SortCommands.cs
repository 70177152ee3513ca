using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Generic;

// Data plane. SORT in four steps: collect the elements (views of the value, which nothing changes meanwhile), find what each is sorted by, sort, reply or
// store. Everything between stands in scratch memory of the shard. With patterns the command holds all shards, see SortKeys.

/// <summary>SORT and SORT_RO.</summary>
internal static unsafe class SortCommands
{
    private const string Complexity =
        "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not " +
        "sorted, complexity is O(N).";

    private const string PatternNotes =
        "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort";

    private const AclCategories Sortable =
        AclCategories.NotOfGroup | AclCategories.Set | AclCategories.SortedSet | AclCategories.List | AclCategories.Dangerous;

    [Command("SORT", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Generic, Categories = Sortable, Since = "1.0.0",
        Summary = "Sort the elements in a list, set or sorted set", Complexity = Complexity,
        Syntax = "key [BY pattern#1] [LIMIT (offset count)] [GET pattern#1]... order[ASC | DESC] [sorting=ALPHA] [STORE destination#2]",
        Differs = "Sets that are not sorted (BY nosort) come in FastKv's order of members, and elements that compare as equal in their own order.")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access)]
    [KeySpec(Access = KeyAccess.RO | KeyAccess.Access, Notes = PatternNotes)]
    [KeySpec(Access = KeyAccess.OW | KeyAccess.Update,
        Notes = "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array")]
    internal static void Sort(ref CommandContext context)
    {
        if (SortOptions.TryParse(ref context, readOnly: false, out var options))
            Execute(ref context, options);
    }

    [Command("SORT_RO", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Generic, Categories = Sortable, Since = "7.0.0",
        Summary = "Sort the elements in a list, set or sorted set. Read-only variant of SORT.", Complexity = Complexity,
        Syntax = "key [BY pattern#1] [LIMIT (offset count)] [GET pattern#1]... order[ASC | DESC] [sorting=ALPHA]")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access)]
    [KeySpec(Access = KeyAccess.RO | KeyAccess.Access, Notes = PatternNotes)]
    internal static void SortReadOnly(ref CommandContext context)
    {
        if (SortOptions.TryParse(ref context, readOnly: true, out var options))
            Execute(ref context, options);
    }

    private static void Execute(ref CommandContext context, SortOptions options)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.FindForRead(key);
        if (!entry.IsNull && !SortSource.IsSortable(entry))
        {
            context.Reply.Error(Errors.WrongType);
            return;
        }
        if (options.IsUnsorted && options.Store > 0 && !entry.IsNull && entry.Type == Structures.ValueType.Set)
        {
            // What is stored must not depend on the order of members, which is no one's business.
            options.IsUnsorted = false;
            options.IsAlpha = true;
            options.By = 0;
        }

        var scratch = new SortScratch(context.Partition.Heap);
        long total = entry.IsNull ? 0 : SortSource.Count(entry);
        Clip(options, total, out long first, out int count);
        bool isOrdered = Collect(ref context, options, database.Values, entry, total, first, count, ref scratch, out SortItem* items);
        if (!isOrdered)
            context.Reply.Error(Errors.SortScores);
        else if (options.Store == 0)
            Reply(ref context, options, items, count, ref scratch);
        else
            Store(ref context, options, items, count, ref scratch);
        scratch.Free();
    }

    /// <summary>What LIMIT leaves of <paramref name="total"/> elements.</summary>
    private static void Clip(in SortOptions options, long total, out long first, out int count)
    {
        first = Math.Clamp(options.LimitStart, 0, total);
        long left = total - first;
        count = (int)(options.LimitCount < 0 ? left : Math.Min(options.LimitCount, left));
    }

    // The elements that are wanted, in order; false: some are to be compared as numbers and are none.
    private static bool Collect(
        ref CommandContext context, in SortOptions options, ValueHeap values, EntryRef entry, long total, long first, int count, ref SortScratch scratch,
        out SortItem* items)
    {
        if (options.IsUnsorted)
        {
            bool reversed = options.IsDescending && !entry.IsNull && entry.Type != Structures.ValueType.Set;
            items = (SortItem*)scratch.Allocate((long)count * sizeof(SortItem));
            SortSource.Collect(values, entry, reversed ? total - first - count : first, items, count, ref scratch);
            if (reversed)
                new Span<SortItem>(items, count).Reverse();
            return true;
        }
        items = (SortItem*)scratch.Allocate(total * sizeof(SortItem));
        SortSource.Collect(values, entry, 0, items, (int)total, ref scratch);
        if (!TryFindKeys(ref context, options, items, (int)total, ref scratch))
            return false;
        var heap = context.Partition.Heap;
        int sorted = (int)first + count;
        if (options.IsAlpha)
            SortRuns.Sort(heap, items, (int)total, sorted, new TextOrder(options.IsDescending, options.By > 0, options.Store > 0));
        else
            SortRuns.Sort(heap, items, (int)total, sorted, new NumberOrder(options.IsDescending));
        items += first;
        return true;
    }

    // What each element is sorted by. A number that is missing is 0.
    private static bool TryFindKeys(ref CommandContext context, in SortOptions options, SortItem* items, int count, ref SortScratch scratch)
    {
        bool areNumbers = true;
        if (options.By == 0)
        {
            for (int i = 0; i < count && !options.IsAlpha; i++)
                areNumbers &= SortNumber.TryParse(items[i].Span, out items[i].Score);
            return areNumbers;
        }
        var pattern = SortPattern.Parse(context.Arguments[options.By]);
        byte* key = KeyBuffer(pattern, items, count, ref scratch);
        Span<byte> integer = stackalloc byte[Listpack.ScratchBytes];
        for (int i = 0; i < count; i++)
        {
            bool found = pattern.TryFind(ref context, items[i].Span, key, integer, out var by);
            if (options.IsAlpha)
            {
                items[i].By = found ? SortSource.Keep(by, integer, ref scratch) : null;
                items[i].ByLength = found ? by.Length : -1;
            }
            else if (found)
            {
                areNumbers &= SortNumber.TryParse(by, out items[i].Score);
            }
        }
        return areNumbers;
    }

    private static void Reply(ref CommandContext context, in SortOptions options, SortItem* items, int count, ref SortScratch scratch)
    {
        if (options.Gets == 0)
        {
            context.Reply.ArrayHeader(count);
            for (int i = 0; i < count; i++)
                context.Reply.BulkString(items[i].Span);
            return;
        }
        context.Reply.ArrayHeader((long)count * options.Gets);
        SortPattern* patterns = GetPatterns(ref context, options, items, count, ref scratch, out byte* key);
        Span<byte> integer = stackalloc byte[Listpack.ScratchBytes];
        for (int i = 0; i < count; i++)
        {
            for (int get = 0; get < options.Gets; get++)
            {
                if (patterns[get].IsElement)
                    context.Reply.BulkString(items[i].Span);
                else if (patterns[get].TryFind(ref context, items[i].Span, key, integer, out var value))
                    context.Reply.BulkString(value);
                else
                    context.Reply.Null();
            }
        }
    }

    // The new list is whole before the destination goes, which may be what was sorted.
    private static void Store(ref CommandContext context, in SortOptions options, SortItem* items, int count, ref SortScratch scratch)
    {
        var key = context.Key(options.Store);
        var database = context.Database(key);
        long stored = (long)count * Math.Max(options.Gets, 1);
        if (stored == 0)
        {
            if (database.Delete(key))
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            context.Reply.Integer(0);
            return;
        }
        byte* list = ListValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits);
        if (options.Gets == 0)
        {
            for (int i = 0; i < count; i++)
                list = ListValue.Push(database.Values, list, items[i].Span, atHead: false);
        }
        else
        {
            list = PushFound(ref context, options, database, list, items, count, ref scratch);
        }
        var existing = database.Peek(key);
        if (!existing.IsNull)
            database.Remove(key, existing);
        database.Insert(key, new EntryRef(list), isNew: existing.IsNull);
        database.Notify(KeyspaceEvents.List, "sortstore"u8, key);
        context.Reply.Integer(stored);
    }

    private static byte* PushFound(
        ref CommandContext context, in SortOptions options, Database database, byte* list, SortItem* items, int count, ref SortScratch scratch)
    {
        SortPattern* patterns = GetPatterns(ref context, options, items, count, ref scratch, out byte* key);
        Span<byte> integer = stackalloc byte[Listpack.ScratchBytes];
        for (int i = 0; i < count; i++)
        {
            for (int get = 0; get < options.Gets; get++)
            {
                if (patterns[get].IsElement)
                {
                    list = ListValue.Push(database.Values, list, items[i].Span, atHead: false);
                    continue;
                }

                // What is not found is stored as an empty element.
                _ = patterns[get].TryFind(ref context, items[i].Span, key, integer, out var value);
                list = ListValue.Push(database.Values, list, value, atHead: false);
            }
        }
        return list;
    }

    private static SortPattern* GetPatterns(
        ref CommandContext context, in SortOptions options, SortItem* items, int count, ref SortScratch scratch, out byte* key)
    {
        var patterns = (SortPattern*)scratch.Allocate((long)options.Gets * sizeof(SortPattern));
        int at = 1;
        int longest = 0;
        for (int i = 0; i < options.Gets; i++)
        {
            at = SortOptions.NextGet(ref context, at);
            patterns[i] = SortPattern.Parse(context.Arguments[at]);
            if (patterns[i].KeyBytes(0) > patterns[longest].KeyBytes(0))
                longest = i;
        }
        key = KeyBuffer(patterns[longest], items, count, ref scratch);
        return patterns;
    }

    // Room for the key that the pattern makes of the longest element.
    private static byte* KeyBuffer(in SortPattern pattern, SortItem* items, int count, ref SortScratch scratch)
    {
        int longest = 0;
        for (int i = 0; i < count; i++)
            longest = Math.Max(longest, items[i].Length);
        return scratch.Allocate(pattern.KeyBytes(longest));
    }
}
