using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Geo;

/// <summary>GEOPOS, GEODIST and GEOHASH: what is known of members. Data plane.</summary>
internal static class GeoMembers
{
    private const int GeohashChars = 11;
    private const int BitsPerChar = 5;

    // Base 32 of geohash.org.
    private static ReadOnlySpan<byte> Alphabet => "0123456789bcdefghjkmnpqrstuvwxyz"u8;

    [Command("GEOPOS", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "3.2.0", Summary = "Returns longitude and latitude of members of a geospatial index",
        Complexity = "O(N) where N is the number of members requested.", Syntax = "key member...")]
    internal static void Positions(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        var values = context.Database(key).Values;
        context.Reply.ArrayHeader(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            if (entry.IsNull || !TryPosition(values, entry, context[i], out double longitude, out double latitude))
            {
                context.Reply.NullArray();
                continue;
            }
            context.Reply.ArrayHeader(2);
            context.Reply.HumanDouble(longitude);
            context.Reply.HumanDouble(latitude);
        }
    }

    [Command("GEODIST", Arity = -4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "3.2.0", Summary = "Returns the distance between two members of a geospatial index",
        Complexity = "O(log(N))", Syntax = "key member1 member2 unit[M | KM | FT | MI]")]
    internal static void Distance(ref CommandContext context)
    {
        double unitMetres = 1;
        if (context.Count > 5)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        if (context.Count == 5 && !GeoArguments.TryUnit(ref context, 4, out unitMetres))
            return;
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        var values = context.Database(key).Values;
        if (entry.IsNull || !TryPosition(values, entry, context[2], out double longitude1, out double latitude1)
            || !TryPosition(values, entry, context[3], out double longitude2, out double latitude2))
        {
            context.Reply.Null();
            return;
        }
        ReplyDistance(ref context, GeoDistance.Between(longitude1, latitude1, longitude2, latitude2) / unitMetres);
    }

    [Command("GEOHASH", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "3.2.0", Summary = "Returns members of a geospatial index as standard geohash strings",
        Complexity = "O(log(N)) for each member requested, where N is the number of elements in the sorted set.", Syntax = "key member...")]
    internal static void Geohashes(ref CommandContext context)
    {
        var key = context.Key(1);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        var values = context.Database(key).Values;
        context.Reply.ArrayHeader(context.Count - 2);
        Span<byte> text = stackalloc byte[GeohashChars];
        for (int i = 2; i < context.Count; i++)
        {
            if (entry.IsNull || !TryPosition(values, entry, context[i], out double longitude, out double latitude))
            {
                context.Reply.Null();
                continue;
            }

            // The common geohash has other latitudes, and so other bits. They fill ten characters; the eleventh is 0 by convention.
            ulong bits = GeoCell.Of(longitude, latitude, GeoCell.StepMax, GeoCell.CommonLatitudeMax).Bits;
            for (int c = 0; c < GeohashChars - 1; c++)
                text[c] = Alphabet[(int)(bits >> (2 * GeoCell.StepMax - (c + 1) * BitsPerChar)) & 31];
            text[GeohashChars - 1] = Alphabet[0];
            context.Reply.BulkString(text);
        }
    }

    /// <summary>A member's position; false: it is none.</summary>
    public static bool TryPosition(ValueHeap values, EntryRef entry, ReadOnlySpan<byte> member, out double longitude, out double latitude)
    {
        longitude = latitude = 0;
        if (!SortedSetValue.TryGetScore(values, entry, member, out double score))
            return false;
        GeoCell.Decode(score, out longitude, out latitude);
        return true;
    }

    /// <summary>Replies with a distance, four decimals.</summary>
    public static void ReplyDistance(ref CommandContext context, double distance)
    {
        Span<byte> text = stackalloc byte[GeoText.CharsMax];
        context.Reply.BulkString(text[..GeoText.Format(text, distance, GeoText.DistanceDecimals)]);
    }
}
