using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Geo;

/// <summary>GEOADD: ZADD with positions for scores. Data plane.</summary>
internal static unsafe class GeoAdd
{
    /// <summary>1 KiB of stack.</summary>
    private const int ScoresOnStackMax = 128;

    [Command("GEOADD", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "3.2.0",
        Summary = "Add one or more geospatial items in the geospatial index represented using a sorted set",
        Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Syntax = "key condition[NX | XX]@6.2.0 [change=CH@6.2.0] (longitude:double latitude:double member)...",
        History = ["6.2.0: Added the `CH`, `NX` and `XX` options."])]
    internal static void Execute(ref CommandContext context)
    {
        var rule = SortedSetRule.None;
        bool countChanges = false;
        int first = 2;
        for (; first < context.Count; first++)
        {
            if (context.Is(first, "NX"u8))
                rule |= SortedSetRule.OnlyAdd;
            else if (context.Is(first, "XX"u8))
                rule |= SortedSetRule.OnlyChange;
            else if (context.Is(first, "CH"u8))
                countChanges = true;
            else
                break;
        }
        const SortedSetRule both = SortedSetRule.OnlyAdd | SortedSetRule.OnlyChange;
        if ((context.Count - first) % 3 != 0 || (rule & both) == both)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        int count = (context.Count - first) / 3;
        if (count <= ScoresOnStackMax)
        {
            double* scores = stackalloc double[ScoresOnStackMax];
            Add(ref context, rule, countChanges, first, scores, count);
            return;
        }
        var heap = context.Partition.Heap;
        double* many = (double*)heap.Allocate(count * (long)sizeof(double));
        Add(ref context, rule, countChanges, first, many, count);
        heap.Free((byte*)many, count * (long)sizeof(double));
    }

    // All positions are read before the first member is added.
    private static void Add(ref CommandContext context, SortedSetRule rule, bool countChanges, int first, double* scores, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!GeoArguments.TryPosition(ref context, first + 3 * i, out double longitude, out double latitude))
                return;
            scores[i] = GeoCell.Of(longitude, latitude, GeoCell.StepMax).Bits;
        }

        var key = context.Key(1);
        if (!context.TryFind(key, ValueType.SortedSet, out var existing))
            return;
        var database = context.Database(key);
        if (count == 0 || (existing.IsNull && (rule & SortedSetRule.OnlyChange) != 0))
        {
            context.Reply.Integer(0);
            return;
        }
        byte* entry = existing.IsNull ? SortedSetValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits) : existing.Block;
        long added = 0;
        long changed = 0;
        for (int i = 0; i < count; i++)
        {
            entry = SortedSetValue.Update(database.Values, entry, context[first + 3 * i + 2], scores[i], rule, out var outcome, out _);
            if (outcome == SortedSetOutcome.Added)
                added++;
            else if (outcome == SortedSetOutcome.Changed)
                changed++;
        }
        if (existing.IsNull)
            database.Insert(key, new EntryRef(entry));
        else if (added + changed > 0)
            database.Replace(key, existing, new EntryRef(entry), added + changed);
        if (context.IsJournaled && (existing.IsNull || added + changed > 0))
            Tell(ref context, key, first, scores, count);
        if (added + changed > 0)
            database.Notify(KeyspaceEvents.SortedSet, "zadd"u8, key);
        context.Reply.Integer(countChanges ? added + changed : added);
    }

    private static void Tell(ref CommandContext context, in Key key, int first, double* scores, int count)
    {
        var effect = context.BeginEffect(key, "ZADD"u8, first + 2 * count).Add(key.Span).Add(context, 2, first);
        for (int i = 0; i < count; i++)
            effect.Add((long)scores[i]).Add(context[first + 3 * i + 2]);
    }
}
