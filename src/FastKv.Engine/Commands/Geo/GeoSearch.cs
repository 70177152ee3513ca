using FastKv.Engine.Commands.Generic;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Geo;

// Data plane. All searches: find the members in nine cells, sort them if that is asked for, reply or store.

/// <summary>GEOSEARCH, GEOSEARCHSTORE, GEORADIUS and its kin.</summary>
internal static unsafe class GeoSearch
{
    private const string SearchComplexity =
        "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number " +
        "of items inside the shape";

    private const string RadiusComplexity =
        "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of " +
        "items inside the index.";

    private const string SearchSyntax =
        "from(FROMMEMBER member | FROMLONLAT (longitude:double latitude:double)) by(circle(BYRADIUS radius:double unit(M | KM | FT | MI)) | " +
        "box(BYBOX width:double height:double unit(M | KM | FT | MI))) order[ASC | DESC] count[COUNT count [ANY]] ";

    private const string Uppercase = "7.0.0: Added support for uppercase unit names.";

    private const string Any = "6.2.0: Added the `ANY` option for `COUNT`.";

    private const string With = "[WITHCOORD] [WITHDIST] [WITHHASH] ";

    [Command("GEOSEARCH", Arity = -7, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "6.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle.", Complexity = SearchComplexity,
        Syntax = "key " + SearchSyntax + "[WITHCOORD] [WITHDIST] [WITHHASH]", History = [Uppercase])]
    internal static void Search(ref CommandContext context) => Execute(ref context, 1, GeoForm.Search);

    [Command("GEOSEARCHSTORE", Arity = -8, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo, Since = "6.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle, and store the result in " +
            "another key.",
        Complexity = SearchComplexity, Syntax = "destination source " + SearchSyntax + "[STOREDIST]", History = [Uppercase])]
    [KeySpec(Index = 1, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Index = 2, Access = KeyAccess.RO | KeyAccess.Access)]
    internal static void SearchStore(ref CommandContext context) => Execute(ref context, 2, GeoForm.Search | GeoForm.SearchStore);

    [Command("GEORADIUS", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo, Since = "3.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a point",
        Complexity = RadiusComplexity,
        Syntax = "key longitude:double latitude:double radius:double unit(M | KM | FT | MI) " + With +
            "count[COUNT count [ANY@6.2.0]] order[ASC | DESC] [STORE key] [STOREDIST key]",
        History = [Any, Uppercase], DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access)]
    [KeySpec(Keyword = "STORE", StartFrom = 6, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Keyword = "STOREDIST", StartFrom = 6, Access = KeyAccess.OW | KeyAccess.Update)]
    internal static void Radius(ref CommandContext context) => Execute(ref context, 1, GeoForm.Position);

    [Command("GEORADIUS_RO", Arity = -6, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "3.2.10", Summary = "A read-only variant for GEORADIUS", Complexity = RadiusComplexity,
        Syntax = "key longitude:double latitude:double radius:double unit(M | KM | FT | MI) " + With +
            "count[COUNT count [ANY@6.2.0]] order[ASC | DESC]",
        History = [Any], DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` with the `BYRADIUS` argument")]
    internal static void RadiusReadOnly(ref CommandContext context) => Execute(ref context, 1, GeoForm.Position | GeoForm.ReadOnly);

    [Command("GEORADIUSBYMEMBER", Arity = -5, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Geo, Since = "3.2.0",
        Summary = "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a member",
        Complexity = RadiusComplexity,
        Syntax = "key member radius:double unit(M | KM | FT | MI) " + With + "count[COUNT count [ANY]] order[ASC | DESC] [STORE key] [STOREDIST key]",
        History = [Uppercase], DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access)]
    [KeySpec(Keyword = "STORE", StartFrom = 5, Access = KeyAccess.OW | KeyAccess.Update)]
    [KeySpec(Keyword = "STOREDIST", StartFrom = 5, Access = KeyAccess.OW | KeyAccess.Update)]
    internal static void RadiusByMember(ref CommandContext context) => Execute(ref context, 1, GeoForm.Member);

    [Command("GEORADIUSBYMEMBER_RO", Arity = -5, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Geo, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "3.2.10", Summary = "A read-only variant for GEORADIUSBYMEMBER", Complexity = RadiusComplexity,
        Syntax = "key member radius:double unit(M | KM | FT | MI) " + With + "count[COUNT count [ANY]] order[ASC | DESC]",
        DeprecatedSince = "6.2.0", ReplacedBy = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")]
    internal static void RadiusByMemberReadOnly(ref CommandContext context) => Execute(ref context, 1, GeoForm.Member | GeoForm.ReadOnly);

    private static void Execute(ref CommandContext context, int source, GeoForm form)
    {
        var key = context.Key(source);
        if (!context.TryFindForRead(key, ValueType.SortedSet, out var entry))
            return;
        var values = context.Database(key).Values;
        if (!GeoQuery.TryParse(ref context, form, values, entry, out var query))
            return;

        var heap = context.Partition.Heap;
        var hits = new GeoHits(heap);
        if (!entry.IsNull)
            hits.Collect(values, entry, query.Shape, query.IsAny ? query.Count : 0);
        int wanted = query.Count > 0 ? (int)Math.Min(query.Count, hits.Count) : hits.Count;

        // The first few are the nearest, unless any will do.
        SortItem* order = null;
        long orderBytes = (long)hits.Count * sizeof(SortItem);
        if (hits.Count > 0 && (query.IsSorted || (query.Count > 0 && !query.IsAny)))
        {
            order = (SortItem*)heap.Allocate(orderBytes);
            for (int i = 0; i < hits.Count; i++)
                order[i] = new SortItem { Score = hits.Items[i].Metres, Index = i };
            SortRuns.Sort(heap, order, hits.Count, wanted, new GeoOrder(query.IsDescending));
        }
        if (query.Store > 0)
            Store(ref context, query, hits, order, wanted);
        else
            Reply(ref context, query, hits, order, wanted);
        if (order != null)
            heap.Free((byte*)order, orderBytes);
        hits.Free();
    }

    private static void Reply(ref CommandContext context, in GeoQuery query, in GeoHits hits, SortItem* order, int wanted)
    {
        int extras = (query.WithDistance ? 1 : 0) + (query.WithScore ? 1 : 0) + (query.WithPosition ? 1 : 0);
        context.Reply.ArrayHeader(wanted);
        for (int i = 0; i < wanted; i++)
        {
            ref var hit = ref hits.Items[order != null ? order[i].Index : i];
            if (extras > 0)
                context.Reply.ArrayHeader(1 + extras);
            context.Reply.BulkString(hit.Span);
            if (query.WithDistance)
                GeoMembers.ReplyDistance(ref context, hit.Metres / query.Shape.UnitMetres);
            if (query.WithScore)
                context.Reply.Integer((long)hit.Score);
            if (query.WithPosition)
            {
                context.Reply.ArrayHeader(2);
                context.Reply.HumanDouble(hit.Longitude);
                context.Reply.HumanDouble(hit.Latitude);
            }
        }
    }

    // The new sorted set is whole before the destination goes, which may be the source.
    private static void Store(ref CommandContext context, in GeoQuery query, in GeoHits hits, SortItem* order, int wanted)
    {
        var key = context.Key(query.Store);
        var database = context.Database(key);
        if (wanted == 0)
        {
            if (database.Delete(key))
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            context.Reply.Integer(0);
            return;
        }
        byte* stored = SortedSetValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits);
        for (int i = 0; i < wanted; i++)
        {
            ref var hit = ref hits.Items[order != null ? order[i].Index : i];
            double score = query.StoreDistance ? hit.Metres / query.Shape.UnitMetres : hit.Score;
            stored = SortedSetValue.Set(database.Values, stored, hit.Span, score, out _);
        }
        var existing = database.Peek(key);
        if (!existing.IsNull)
            database.Remove(key, existing);
        database.Insert(key, new EntryRef(stored), isNew: existing.IsNull);
        bool isSearch = context.Command.Name == "geosearchstore";
        database.Notify(KeyspaceEvents.SortedSet, isSearch ? "geosearchstore"u8 : "georadiusstore"u8, key);
        context.Reply.Integer(wanted);
    }
}
