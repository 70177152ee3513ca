using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane.

/// <summary>LPOS.</summary>
internal static class Searching
{
    [Command("LPOS", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "6.0.6", Summary = "Return the index of matching elements on a list",
        Complexity = "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the " +
            "list, or when the MAXLEN option is provided, the command may run in constant time.",
        Syntax = "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]")]
    internal static void LPos(ref CommandContext context)
    {
        if (!Options.TryParse(ref context, out var options))
            return;
        if (!context.TryFindForRead(context.Key(1), ValueType.List, out var entry))
            return;
        if (options.Count < 0)
        {
            ReplyFirst(ref context, entry, options);
            return;
        }
        if (entry.IsNull)
        {
            context.Reply.ArrayHeader(0);
            return;
        }

        var array = context.Reply.BeginArray();
        var search = new Search(entry, options);
        long found = 0;
        while (search.MoveNext(context[2]))
        {
            context.Reply.Integer(search.Index);
            found++;
            if (found == options.Count)
                break;
        }
        context.Reply.EndArray(array, found);
    }

    private static void ReplyFirst(ref CommandContext context, EntryRef entry, in Options options)
    {
        if (!entry.IsNull)
        {
            var search = new Search(entry, options);
            if (search.MoveNext(context[2]))
            {
                context.Reply.Integer(search.Index);
                return;
            }
        }
        context.Reply.Null();
    }

    // Matches from a rank on, in the direction that the rank's sign tells.
    private unsafe ref struct Search
    {
        private readonly bool _backwards;
        private readonly long _count;
        private readonly long _looksMax;
        private long _toSkip;
        private long _looks;
        private ListIterator _walk;

        public Search(EntryRef entry, in Options options)
        {
            _count = ListValue.Count(entry);
            _backwards = options.Rank < 0;
            _toSkip = Math.Abs(options.Rank) - 1;
            _looksMax = options.LooksMax == 0 ? long.MaxValue : options.LooksMax;
            _walk = ListValue.IterateFrom(entry, _backwards ? _count - 1 : 0, _backwards);
        }

        public readonly long Index => _backwards ? _count - _looks : _looks - 1;

        public bool MoveNext(ReadOnlySpan<byte> wanted)
        {
            while (_looks < _looksMax && _walk.MoveNext())
            {
                _looks++;
                if (Listpack.Is(_walk.Element, wanted) && _toSkip-- <= 0)
                    return true;
            }
            return false;
        }
    }

    private struct Options
    {
        public long Rank;

        /// <summary>Most matches, 0: all; negative: the option was not given, and the reply is no array.</summary>
        public long Count;

        /// <summary>Elements to look at; 0: all.</summary>
        public long LooksMax;

        public static bool TryParse(ref CommandContext context, out Options options)
        {
            options = new Options { Rank = 1, Count = -1 };
            for (int i = 3; i < context.Count; i += 2)
            {
                bool hasValue = i + 1 < context.Count;
                bool valid = hasValue && context.Is(i, "RANK"u8) ? TryRank(ref context, i + 1, out options.Rank)
                    : hasValue && context.Is(i, "COUNT"u8) ? TryNotNegative(ref context, i + 1, out options.Count, Errors.NegativeCount)
                    : hasValue && context.Is(i, "MAXLEN"u8) ? TryNotNegative(ref context, i + 1, out options.LooksMax, Errors.NegativeMaxLength)
                    : IsSyntaxError(ref context);
                if (!valid)
                    return false;
            }
            return true;
        }

        private static bool TryRank(ref CommandContext context, int index, out long rank)
        {
            if (!context.TryInteger(index, out rank))
                return false;
            if (rank != 0 && rank != long.MinValue)
                return true;
            context.Reply.Error(rank == 0 ? Errors.ZeroRank : Errors.NotAnAbsoluteInt64);
            return false;
        }

        private static bool TryNotNegative(ref CommandContext context, int index, out long value, ReadOnlySpan<byte> error)
        {
            if (!context.TryInteger(index, out value, error))
                return false;
            if (value >= 0)
                return true;
            context.Reply.Error(error);
            return false;
        }

        private static bool IsSyntaxError(ref CommandContext context)
        {
            context.Reply.Error(Errors.Syntax);
            return false;
        }
    }
}
