namespace FastKv.Engine.Commands.Generic;

/// <summary>The options of a SORT. Data plane.</summary>
internal struct SortOptions
{
    public bool IsDescending;
    public bool IsAlpha;
    public long LimitStart;

    /// <summary>−1: no limit.</summary>
    public long LimitCount;

    /// <summary>Index of BY's pattern; 0: none.</summary>
    public int By;

    /// <summary>Index of STORE's key; 0: none.</summary>
    public int Store;

    /// <summary>How often GET is given.</summary>
    public int Gets;

    /// <summary>A BY without a '*': the elements stay in their own order.</summary>
    public bool IsUnsorted;

    /// <summary>Reads the arguments behind the key; false: the error is replied.</summary>
    public static bool TryParse(ref CommandContext context, bool readOnly, out SortOptions options)
    {
        options = new SortOptions { LimitCount = -1 };
        for (int i = 2; i < context.Count; i++)
        {
            int left = context.Count - i - 1;
            if (context.Is(i, "ASC"u8))
            {
                options.IsDescending = false;
            }
            else if (context.Is(i, "DESC"u8))
            {
                options.IsDescending = true;
            }
            else if (context.Is(i, "ALPHA"u8))
            {
                options.IsAlpha = true;
            }
            else if (context.Is(i, "LIMIT"u8) && left >= 2)
            {
                if (!context.TryInteger(++i, out options.LimitStart) || !context.TryInteger(++i, out options.LimitCount))
                    return false;
            }
            else if (!readOnly && context.Is(i, "STORE"u8) && left >= 1)
            {
                options.Store = ++i;
            }
            else if (context.Is(i, "BY"u8) && left >= 1)
            {
                options.By = ++i;
                if (!CommandRules.Shown(context[i]).Contains((byte)'*'))
                    options.IsUnsorted = true;
                else if (!MayReadAll(ref context, Errors.SortByDenied))
                    return false;
            }
            else if (context.Is(i, "GET"u8) && left >= 1)
            {
                if (!MayReadAll(ref context, Errors.SortGetDenied))
                    return false;
                i++;
                options.Gets++;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>Which keys a pattern leads to is known too late to be asked for one by one: it takes the permission to read them all.</summary>
    private static unsafe bool MayReadAll(ref CommandContext context, ReadOnlySpan<byte> error)
    {
        if ((context.Client.Gate & Clients.ClientGate.Restricted) == 0
            || context.Client.Acl.Permissions.PermitsReadingAll(context.Command, context.Arguments, context.Count))
        {
            return true;
        }
        context.Reply.Error(error);
        return false;
    }

    /// <summary>Index of the GET pattern behind argument <paramref name="from"/>; to be called as often as there are.</summary>
    public static int NextGet(ref CommandContext context, int from)
    {
        for (int i = from + 1; ; i++)
        {
            if (context.Is(i, "LIMIT"u8))
                i += 2;
            else if (context.Is(i, "BY"u8) || context.Is(i, "STORE"u8))
                i++;
            else if (context.Is(i, "GET"u8))
                return i + 1;
        }
    }
}
