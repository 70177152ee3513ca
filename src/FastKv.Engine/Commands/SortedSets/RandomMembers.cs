using System.Runtime.InteropServices;
using FastKv.Memory;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.SortedSets;

// Data plane. A random member is the member of a random rank: exactly uniform, O(log n). Different members are ranks drawn without repetition (R. Floyd's
// algorithm, CACM 30(9), 1987: one draw per member) or, when a good part of the set is asked for, a walk that takes each member with the right probability
// (D. Knuth, TAOCP 2, 3.4.2, algorithm S).

/// <summary>ZRANDMEMBER.</summary>
internal static unsafe class RandomMembers
{
    /// <summary>From a fourth of the members on, walking over all costs less than a descent for each.</summary>
    private const long WalkShare = 4;

    [Command("ZRANDMEMBER", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.SortedSet, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "6.2.0", Summary = "Get one or multiple random elements from a sorted set",
        Complexity = "O(N) where N is the number of elements returned", Syntax = "key options[count [WITHSCORES]]", Tips = ["nondeterministic_output"],
        Differs = "A count below -100,000,000 is out of range.")]
    internal static void Execute(ref CommandContext context)
    {
        long count = 0;
        bool withScores = context.Count >= 4;
        if (context.Count >= 3 && !TryParse(ref context, withScores, out count))
            return;
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        var database = context.Database(key);
        if (context.Count == 2)
            ReplyOne(ref context, database.Values, entry, ref database.Partition.Random);
        else if (entry.IsNull || count == 0)
            context.Reply.ArrayHeader(0);
        else if (count < 0)
            ReplyAny(ref context, database.Values, entry, -count, withScores, ref database.Partition.Random);
        else
            ReplyDifferent(ref context, database.Values, entry, count, withScores, ref database.Partition.Random);
    }

    private static bool TryParse(ref CommandContext context, bool withScores, out long count)
    {
        if (!context.TryInteger(2, out count))
            return false;
        if (count == long.MinValue)
        {
            context.Reply.Error(Errors.NotAnAbsoluteInt64);
            return false;
        }
        if (context.Count > 4 || (withScores && !context.Is(3, "WITHSCORES"u8)))
        {
            context.Reply.Error(Errors.Syntax);
            return false;
        }
        if (count < -CommandRules.RepeatedMax || (withScores && count > long.MaxValue / 2))
        {
            context.Reply.Error(Errors.ValueOutOfRange);
            return false;
        }
        return true;
    }

    private static void ReplyOne(ref CommandContext context, ValueHeap values, EntryRef entry, ref RandomSource random)
    {
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        var walk = SortedSetValue.FromRank(values, entry, random.Below(SortedSetValue.Count(entry)));
        walk.MoveNext();
        context.Reply.BulkString(walk.MemberView);
    }

    private static void ReplyAny(
        ref CommandContext context, ValueHeap values, EntryRef entry, long count, bool withScores, ref RandomSource random)
    {
        long size = SortedSetValue.Count(entry);
        SortedSetEdit.ReplyHeader(ref context, count, withScores);
        for (long i = 0; i < count; i++)
            ReplyRank(ref context, values, entry, random.Below(size), withScores);
    }

    private static void ReplyDifferent(
        ref CommandContext context, ValueHeap values, EntryRef entry, long count, bool withScores, ref RandomSource random)
    {
        long size = SortedSetValue.Count(entry);
        count = Math.Min(count, size);
        SortedSetEdit.ReplyHeader(ref context, count, withScores);
        if (count < size / WalkShare)
        {
            ReplyDrawn(ref context, values, entry, count, withScores, ref random);
            return;
        }

        var walk = SortedSetValue.FromRank(values, entry, 0);
        for (long left = size; count > 0 && walk.MoveNext(); left--)
        {
            if (random.Below(left) >= count)
                continue;
            SortedSetEdit.ReplyMember(ref context, walk.MemberView, walk.Score, withScores);
            count--;
        }
    }

    private static void ReplyDrawn(
        ref CommandContext context, ValueHeap values, EntryRef entry, long count, bool withScores, ref RandomSource random)
    {
        long size = SortedSetValue.Count(entry);
        long slots = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)count * 2);
        var drawn = (long*)values.Heap.Allocate(slots * sizeof(long));
        NativeMemory.Clear(drawn, (nuint)(slots * sizeof(long)));
        for (long last = size - count; last < size; last++)
        {
            long rank = random.Below(last + 1);
            if (!TryAdd(drawn, slots, rank))
            {
                rank = last;
                TryAdd(drawn, slots, rank);
            }
            ReplyRank(ref context, values, entry, rank, withScores);
        }
        values.Heap.Free((byte*)drawn, slots * sizeof(long));
    }

    private static void ReplyRank(ref CommandContext context, ValueHeap values, EntryRef entry, long rank, bool withScores)
    {
        var walk = SortedSetValue.FromRank(values, entry, rank);
        walk.MoveNext();
        SortedSetEdit.ReplyMember(ref context, walk.MemberView, walk.Score, withScores);
    }

    // A set of ranks with open addressing, at most half full; 0 marks a free slot, so ranks are kept plus one.
    private static bool TryAdd(long* set, long slots, long rank)
    {
        long slot = (long)((ulong)rank * 0x9E37_79B9_7F4A_7C15UL >> 20) & (slots - 1);
        while (set[slot] != 0)
        {
            if (set[slot] == rank + 1)
                return false;
            slot = (slot + 1) & (slots - 1);
        }
        set[slot] = rank + 1;
        return true;
    }
}
