using FastKv.Structures;

namespace FastKv.Engine.Commands.Geo;

/// <summary>Which of the search commands it is; they share options and errors.</summary>
[Flags]
internal enum GeoForm
{
    /// <summary>GEOSEARCH and GEOSEARCHSTORE: centre and shape are options.</summary>
    Search = 1,

    /// <summary>GEOSEARCHSTORE.</summary>
    SearchStore = 2,

    /// <summary>GEORADIUS: the centre is a position.</summary>
    Position = 4,

    /// <summary>GEORADIUSBYMEMBER: the centre is a member.</summary>
    Member = 8,

    /// <summary>STORE is not allowed.</summary>
    ReadOnly = 16,
}

/// <summary>What a search asks for. Data plane.</summary>
internal struct GeoQuery
{
    public GeoShape Shape;
    public bool WithDistance;
    public bool WithScore;
    public bool WithPosition;
    public bool IsSorted;
    public bool IsDescending;
    public bool IsAny;

    /// <summary>How many are wanted; 0: all.</summary>
    public long Count;

    /// <summary>Index of the destination's key; 0: none.</summary>
    public int Store;

    /// <summary>The destination gets distances for scores.</summary>
    public bool StoreDistance;

    private bool _hasMember;
    private bool _hasPosition;
    private bool _hasRadius;
    private bool _hasBox;

    /// <summary>Reads the arguments in Redis's order of errors; false: one is replied.</summary>
    /// <param name="context">The command.</param>
    /// <param name="form">Which command it is.</param>
    /// <param name="values">The source's shard.</param>
    /// <param name="source">The source, or null.</param>
    /// <param name="query">What is asked for.</param>
    public static bool TryParse(ref CommandContext context, GeoForm form, ValueHeap values, EntryRef source, out GeoQuery query)
    {
        query = default;
        if ((form & GeoForm.SearchStore) != 0)
            query.Store = 1;
        int first;
        if ((form & GeoForm.Position) != 0)
        {
            first = 6;
            if (!GeoArguments.TryPosition(ref context, 2, out query.Shape.Longitude, out query.Shape.Latitude)
                || !GeoArguments.TryRadius(ref context, 4, ref query.Shape))
            {
                return false;
            }
        }
        else if ((form & GeoForm.Member) != 0)
        {
            // Without a source, what matters of the options is only STORE.
            first = 5;
            if (!source.IsNull && (!query.TryMember(ref context, values, source, 2) || !GeoArguments.TryRadius(ref context, 3, ref query.Shape)))
                return false;
        }
        else
        {
            first = (form & GeoForm.SearchStore) != 0 ? 3 : 2;
        }

        for (int i = first; i < context.Count; i++)
        {
            if (!query.TryOption(ref context, form, values, source, ref i))
                return false;
        }
        return query.Check(ref context, form);
    }

    private bool TryOption(ref CommandContext context, GeoForm form, ValueHeap values, EntryRef source, ref int i)
    {
        int left = context.Count - i - 1;
        bool isSearch = (form & GeoForm.Search) != 0;
        if (context.Is(i, "WITHDIST"u8))
            return WithDistance = true;
        if (context.Is(i, "WITHHASH"u8))
            return WithScore = true;
        if (context.Is(i, "WITHCOORD"u8))
            return WithPosition = true;
        if (context.Is(i, "ANY"u8))
            return IsAny = true;
        if (context.Is(i, "ASC"u8) || context.Is(i, "DESC"u8))
        {
            IsDescending = context.Is(i, "DESC"u8);
            return IsSorted = true;
        }
        if (context.Is(i, "COUNT"u8) && left >= 1)
            return TryCount(ref context, ++i);
        if (!isSearch && (form & GeoForm.ReadOnly) == 0 && left >= 1 && (context.Is(i, "STORE"u8) || context.Is(i, "STOREDIST"u8)))
        {
            StoreDistance = context.Is(i, "STOREDIST"u8);
            Store = ++i;
            return true;
        }
        if (isSearch && TryShapeOption(ref context, values, source, left, ref i, out bool valid))
            return valid;
        if ((form & GeoForm.SearchStore) != 0 && context.Is(i, "STOREDIST"u8))
            return StoreDistance = true;
        context.Reply.Error(Errors.Syntax);
        return false;
    }

    // Whether it is an option of centre or shape, and whether it is a valid one.
    private bool TryShapeOption(ref CommandContext context, ValueHeap values, EntryRef source, int left, ref int i, out bool valid)
    {
        int at = i + 1;
        valid = true;
        if (context.Is(i, "FROMMEMBER"u8) && left >= 1 && !_hasPosition)
        {
            i++;
            valid = source.IsNull || TryMember(ref context, values, source, at);
            return _hasMember = true;
        }
        if (context.Is(i, "FROMLONLAT"u8) && left >= 2 && !_hasMember)
        {
            i += 2;
            valid = GeoArguments.TryPosition(ref context, at, out Shape.Longitude, out Shape.Latitude);
            return _hasPosition = true;
        }
        if (context.Is(i, "BYRADIUS"u8) && left >= 2 && !_hasBox)
        {
            i += 2;
            valid = GeoArguments.TryRadius(ref context, at, ref Shape);
            return _hasRadius = true;
        }
        if (context.Is(i, "BYBOX"u8) && left >= 3 && !_hasRadius)
        {
            i += 3;
            valid = GeoArguments.TryBox(ref context, at, ref Shape);
            return _hasBox = true;
        }
        return false;
    }

    private bool TryMember(ref CommandContext context, ValueHeap values, EntryRef source, int index)
    {
        if (GeoMembers.TryPosition(values, source, context[index], out Shape.Longitude, out Shape.Latitude))
            return true;
        context.Reply.Error(Errors.NoSuchPosition);
        return false;
    }

    private bool TryCount(ref CommandContext context, int index)
    {
        if (!context.TryInteger(index, out Count))
            return false;
        if (Count > 0)
            return true;
        context.Reply.Error(Errors.GeoCountNotPositive);
        return false;
    }

    private readonly bool Check(ref CommandContext context, GeoForm form)
    {
        bool isSearch = (form & GeoForm.Search) != 0;
        if (Store > 0 && (WithDistance || WithScore || WithPosition))
        {
            context.Reply.Error((form & GeoForm.SearchStore) != 0 ? Errors.GeoSearchStoreOptions : Errors.GeoRadiusStoreOptions);
            return false;
        }
        if (isSearch && !_hasMember && !_hasPosition)
        {
            context.Reply.Error(Errors.GeoCentrePrefix, CommandRules.Shown(context[0]), default);
            return false;
        }
        if (isSearch && !_hasRadius && !_hasBox)
        {
            context.Reply.Error(Errors.GeoShapePrefix, CommandRules.Shown(context[0]), default);
            return false;
        }
        if (IsAny && Count == 0)
        {
            context.Reply.Error(Errors.GeoAnyWithoutCount);
            return false;
        }
        return true;
    }
}
