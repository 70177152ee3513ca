using System.Linq;

namespace FastKv.CommandGenerator;

/// <summary>
/// What follows from a declaration by Redis's rules (src/server.c and src/acl.c describe them). The numbers mirror the enums beside CommandAttribute;
/// a test holds the two together.
/// </summary>
internal static class Facts
{
    public const int RouteConnection = 0, RouteKeys = 1;

    public const int Write = 1 << 0, ReadOnly = 1 << 1, Admin = 1 << 3, PubSub = 1 << 4, Blocking = 1 << 6, Fast = 1 << 12, MovableKeys = 1 << 18;

    private const int AccessRO = 1, AccessRW = 2, AccessAccess = 16, AccessUpdate = 32;

    private const int Keyspace = 1, Read = 2, WriteCategory = 4, PubSubCategory = 4096, AdminCategory = 8192, FastCategory = 16384, Slow = 32768,
        BlockingCategory = 65536, Dangerous = 131072, Connection = 262144, Transaction = 524288, Scripting = 1048576, NotOfGroup = 1 << 30;

    /// <summary>Category that each group implies, in the order of CommandGroup; 0: none.</summary>
    private static readonly int[] GroupCategory =
    [
        Keyspace, 128, 32, 8, 16, 64, 0, Transaction, Connection, 0, Scripting, 512, 0, 0, 1024, 2048, 256,
    ];

    public const int LongestName = 24;

    public static bool IsName(string name)
    {
        int bar = name.IndexOf('|');
        return bar < 0 ? IsPlainName(name) : IsPlainName(name.Substring(0, bar)) && IsPlainName(name.Substring(bar + 1));
    }

    private static bool IsPlainName(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '_');

    public static int DefaultAccess(int flags) =>
        (flags & ReadOnly) != 0 ? AccessRO | AccessAccess : (flags & Write) != 0 ? AccessRW | AccessAccess | AccessUpdate : 0;

    /// <summary>The legacy key range (first, last, step) that covers the specifications, and whether it covers them all.</summary>
    public static void DeriveRange(CommandModel model)
    {
        bool covers = true;
        int first = 0, last = 0, previousLast = -1, step = 1;
        foreach (var spec in model.KeySpecs)
        {
            if (!spec.IsIndexed || !spec.IsRange || (model.KeySpecs.Length > 1 && spec.KeyStep != 1))
            {
                covers = false;
                continue;
            }
            int specLast = spec.LastKey >= 0 ? spec.Index + spec.LastKey : spec.LastKey;
            if (first == 0)
            {
                first = spec.Index;
                last = specLast;
                step = spec.KeyStep;
            }
            else
            {
                covers &= previousLast == spec.Index - 1;
                first = System.Math.Min(first, spec.Index);
                last = (uint)specLast > (uint)last ? specLast : last;
            }
            covers &= spec.Limit == 0;
            previousLast = specLast;
        }
        model.FirstKey = first;
        model.LastKey = last;
        model.KeyStep = step;
        model.KeysBySpec = !covers;
        if (model.KeySpecs.Any(spec => !spec.IsIndexed || !spec.IsRange))
            model.Flags |= MovableKeys;
    }

    /// <summary>The explicit categories with those that the group and the flags imply.</summary>
    public static int Categories(CommandModel model)
    {
        int categories = model.Categories;
        if (!model.IsContainer && (categories & NotOfGroup) == 0)
            categories |= GroupCategory[model.Group];
        categories &= ~NotOfGroup;
        if ((model.Flags & Write) != 0)
            categories |= WriteCategory;
        if ((model.Flags & ReadOnly) != 0 && (categories & Scripting) == 0)
            categories |= Read;
        if ((model.Flags & Admin) != 0)
            categories |= AdminCategory | Dangerous;
        if ((model.Flags & PubSub) != 0)
            categories |= PubSubCategory;
        if ((model.Flags & Fast) != 0)
            categories |= FastCategory;
        if ((model.Flags & Blocking) != 0)
            categories |= BlockingCategory;
        return (categories & FastCategory) != 0 ? categories : categories | Slow;
    }
}
