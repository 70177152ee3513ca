using System.Runtime.CompilerServices;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>
/// Passes over values without making them: a reader that hands records to shards has to know where the next one begins. O(strings of the value). Data plane.
/// </summary>
internal static unsafe class RdbSkipper
{
    private const int IdBytes = 16;

    /// <summary>Passes over a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySkipValue(ref RdbInput input, RdbType type) =>
        type == RdbType.String ? input.TrySkipString() : TrySkipStructure(ref input, type);

    /// <summary>Passes over an import of slots, its name and ranges: there is no cluster that could go on with it.</summary>
    public static bool TrySkipSlotImport(ref RdbInput input)
    {
        if (!input.TrySkipString() || !input.TryCount(2, out long ranges))
            return false;
        for (; ranges > 0; ranges--)
        {
            if (!input.TryLength(out _) || !input.TryLength(out _))
                return false;
        }
        return true;
    }

    /// <summary>Passes over what a module has written, each piece with its kind in front.</summary>
    public static bool TrySkipModuleData(ref RdbInput input)
    {
        while (true)
        {
            if (!input.TryLength(out ulong kind))
                return false;
            bool skipped = kind switch
            {
                RdbFormat.ModuleEnd => true,
                RdbFormat.ModuleSigned or RdbFormat.ModuleUnsigned => input.TryLength(out _),
                RdbFormat.ModuleFloat => input.TryTake(sizeof(float), out _),
                RdbFormat.ModuleDouble => input.TryTake(sizeof(double), out _),
                RdbFormat.ModuleString => input.TrySkipString(),
                _ => input.Fail(RdbFault.BadModule),
            };
            if (!skipped || kind == RdbFormat.ModuleEnd)
                return skipped;
        }
    }

    private static bool TrySkipStructure(ref RdbInput input, RdbType type)
    {
        switch (type)
        {
            case RdbType.HashZipmap or RdbType.ListZiplist or RdbType.SetIntset or RdbType.SortedSetZiplist or RdbType.HashZiplist
                or RdbType.HashListpack or RdbType.SortedSetListpack or RdbType.SetListpack or RdbType.HashListpackTimesPreRelease:
                return input.TrySkipString();
            case RdbType.HashListpackTimes:
                return input.TryInt64(out _) && input.TrySkipString();
            case RdbType.List or RdbType.Set or RdbType.ListQuicklist:
                return TrySkipElements(ref input, stringsEach: 1, bytesEach: 0);
            case RdbType.SortedSet2:
                return TrySkipElements(ref input, stringsEach: 1, bytesEach: sizeof(double));
            case RdbType.Hash:
                return TrySkipElements(ref input, stringsEach: 2, bytesEach: 0);
            case RdbType.SortedSet:
                return TrySkipTextScores(ref input);
            case RdbType.HashTimes:
                return input.TryInt64(out _) && TrySkipTimedFields(ref input);
            case RdbType.HashTimesPreRelease:
                return TrySkipTimedFields(ref input);
            case RdbType.HashTimesValkey:
                return TrySkipElements(ref input, stringsEach: 2, bytesEach: sizeof(long));
            case RdbType.ListQuicklist2:
                return TrySkipNodes(ref input);
            case RdbType.StreamListpacks or RdbType.StreamListpacks2 or RdbType.StreamListpacks3:
                return TrySkipStream(ref input, type);
            case RdbType.Module2:
                return input.TryLength(out _) && TrySkipModuleData(ref input);
            default:
                return input.Fail(type == RdbType.ModulePreRelease ? RdbFault.ModuleValue : RdbFault.UnknownType);
        }
    }

    private static bool TrySkipElements(ref RdbInput input, int stringsEach, int bytesEach)
    {
        if (!input.TryCount(stringsEach + bytesEach, out long count))
            return false;
        for (; count > 0; count--)
        {
            for (int i = 0; i < stringsEach; i++)
            {
                if (!input.TrySkipString())
                    return false;
            }
            if (!input.TryTake(bytesEach, out _))
                return false;
        }
        return true;
    }

    private static bool TrySkipTextScores(ref RdbInput input)
    {
        if (!input.TryCount(2, out long count))
            return false;
        for (; count > 0; count--)
        {
            if (!input.TrySkipString() || !input.TryTextScore(out _))
                return false;
        }
        return true;
    }

    private static bool TrySkipTimedFields(ref RdbInput input)
    {
        if (!input.TryCount(3, out long count))
            return false;
        for (; count > 0; count--)
        {
            if (!input.TryLength(out _) || !input.TrySkipString() || !input.TrySkipString())
                return false;
        }
        return true;
    }

    private static bool TrySkipNodes(ref RdbInput input)
    {
        if (!input.TryCount(2, out long count))
            return false;
        for (; count > 0; count--)
        {
            if (!input.TryLength(out _) || !input.TrySkipString())
                return false;
        }
        return true;
    }

    private static bool TrySkipStream(ref RdbInput input, RdbType type)
    {
        const int factsOld = 3;
        const int factsNew = 8;
        bool isOld = type == RdbType.StreamListpacks;
        if (!TrySkipElements(ref input, stringsEach: 2, bytesEach: 0) || !TrySkipLengths(ref input, isOld ? factsOld : factsNew)
            || !input.TryCount(1, out long groups))
            return false;
        for (; groups > 0; groups--)
        {
            if (!input.TrySkipString() || !TrySkipLengths(ref input, isOld ? 2 : 3) || !TrySkipPendings(ref input) || !TrySkipConsumers(ref input, type))
                return false;
        }
        return true;
    }

    private static bool TrySkipPendings(ref RdbInput input)
    {
        if (!input.TryCount(IdBytes + sizeof(long) + 1, out long count))
            return false;
        for (; count > 0; count--)
        {
            if (!input.TryTake(IdBytes + sizeof(long), out _) || !input.TryLength(out _))
                return false;
        }
        return true;
    }

    private static bool TrySkipConsumers(ref RdbInput input, RdbType type)
    {
        if (!input.TryCount(1 + sizeof(long) + 1, out long count))
            return false;
        int timesBytes = type == RdbType.StreamListpacks3 ? 2 * sizeof(long) : sizeof(long);
        for (; count > 0; count--)
        {
            if (!input.TrySkipString() || !input.TryTake(timesBytes, out _) || !input.TryCount(IdBytes, out long pendings)
                || !input.TryTake(pendings * IdBytes, out _))
                return false;
        }
        return true;
    }

    private static bool TrySkipLengths(ref RdbInput input, int count)
    {
        for (; count > 0; count--)
        {
            if (!input.TryLength(out _))
                return false;
        }
        return true;
    }
}
