using System.Text;

namespace FastKv.Engine.Commands.Strings;

// Data plane. The options behind the value of SET, behind the key of GETEX and behind the pairs of MSETEX: one grammar, of which each takes a part.

/// <summary>The options.</summary>
[Flags]
internal enum StringOption
{
    None = 0,
    Nx = 1 << 0,
    Xx = 1 << 1,
    IfEq = 1 << 2,
    IfNe = 1 << 3,
    IfDigestEq = 1 << 4,
    IfDigestNe = 1 << 5,
    Get = 1 << 6,
    KeepTtl = 1 << 7,
    Persist = 1 << 8,
    Seconds = 1 << 9,
    Milliseconds = 1 << 10,
    UnixSeconds = 1 << 11,
    UnixMilliseconds = 1 << 12,

    /// <summary>Conditions on the present value.</summary>
    Comparison = IfEq | IfNe | IfDigestEq | IfDigestNe,

    /// <summary>Conditions; they exclude each other.</summary>
    Condition = Nx | Xx | Comparison,

    /// <summary>Options that set an expiry.</summary>
    Time = Seconds | Milliseconds | UnixSeconds | UnixMilliseconds,

    /// <summary>What becomes of the expiry; these exclude each other.</summary>
    Expiry = Time | KeepTtl | Persist,

    /// <summary>All of SET.</summary>
    OfSet = Condition | Get | KeepTtl | Time,

    /// <summary>All of GETEX.</summary>
    OfGetEx = Persist | Time,

    /// <summary>All of MSETEX.</summary>
    OfMSetEx = Nx | Xx | KeepTtl | Time,
}

/// <summary>Options as given.</summary>
internal struct StringOptions
{
    /// <summary>Which there are.</summary>
    public StringOption Given;

    /// <summary>Index of the argument with the time; of the last when one is repeated, as in Redis.</summary>
    public int TimeArgument;

    /// <summary>Index of the argument with the value or digest to compare with.</summary>
    public int ComparedArgument;

    public readonly bool Has(StringOption any) => (Given & any) != 0;

    /// <summary>
    /// Reads all arguments from <paramref name="first"/> on as options out of <paramref name="allowed"/>; replies a syntax error if they are not.
    /// </summary>
    public static bool TryParse(ref CommandContext context, int first, StringOption allowed, out StringOptions options)
    {
        options = default;
        for (int i = first; i < context.Count; i++)
        {
            var option = Recognise(ref context, i) & allowed;
            if (option == 0 || options.Has(Excluded(option)))
                return Reject(ref context);
            options.Given |= option;
            if ((option & (StringOption.Time | StringOption.Comparison)) == 0)
                continue;
            if (++i == context.Count)
                return Reject(ref context);
            if ((option & StringOption.Time) != 0)
                options.TimeArgument = i;
            else
                options.ComparedArgument = i;
        }
        return true;
    }

    /// <summary>The expiry that the options ask for, in Unix milliseconds, 0 if none; replies the error if it is none that Redis takes.</summary>
    public readonly bool TryExpiry(ref CommandContext context, out long expiryMs)
    {
        expiryMs = 0;
        return !Has(StringOption.Time) || TryExpiry(ref context, TimeArgument, Given & StringOption.Time, out expiryMs);
    }

    /// <summary>
    /// The time in argument <paramref name="index"/>, in the unit that <paramref name="unit"/> says, as Unix milliseconds; replies the error if it is none.
    /// </summary>
    public static bool TryExpiry(ref CommandContext context, int index, StringOption unit, out long expiryMs)
    {
        if (!context.TryInteger(index, out expiryMs))
            return false;
        bool isSeconds = (unit & (StringOption.Seconds | StringOption.UnixSeconds)) != 0;
        long fromMs = (unit & (StringOption.Seconds | StringOption.Milliseconds)) != 0 ? context.NowMs : 0;
        if (expiryMs <= 0 || (isSeconds && expiryMs > long.MaxValue / 1000))
            return RejectExpiry(ref context);
        if (isSeconds)
            expiryMs *= 1000;
        if (expiryMs > long.MaxValue - fromMs)
            return RejectExpiry(ref context);
        expiryMs += fromMs;
        return true;
    }

    /// <summary>The option whose word argument <paramref name="index"/> is; 0: none.</summary>
    public static StringOption Recognise(ref CommandContext context, int index)
    {
        switch (context[index].Length)
        {
            case 2:
                if (context.Is(index, "EX"u8))
                    return StringOption.Seconds;
                if (context.Is(index, "PX"u8))
                    return StringOption.Milliseconds;
                if (context.Is(index, "NX"u8))
                    return StringOption.Nx;
                return context.Is(index, "XX"u8) ? StringOption.Xx : 0;
            case 3:
                return context.Is(index, "GET"u8) ? StringOption.Get : 0;
            case 4:
                if (context.Is(index, "EXAT"u8))
                    return StringOption.UnixSeconds;
                if (context.Is(index, "PXAT"u8))
                    return StringOption.UnixMilliseconds;
                if (context.Is(index, "IFEQ"u8))
                    return StringOption.IfEq;
                return context.Is(index, "IFNE"u8) ? StringOption.IfNe : 0;
            case 5:
                if (context.Is(index, "IFDEQ"u8))
                    return StringOption.IfDigestEq;
                return context.Is(index, "IFDNE"u8) ? StringOption.IfDigestNe : 0;
            case 7:
                if (context.Is(index, "KEEPTTL"u8))
                    return StringOption.KeepTtl;
                return context.Is(index, "PERSIST"u8) ? StringOption.Persist : 0;
            default:
                return 0;
        }
    }

    /// <summary>What may not stand before the option. An option may be repeated, except for comparisons.</summary>
    private static StringOption Excluded(StringOption option)
    {
        if ((option & StringOption.Comparison) != 0)
            return StringOption.Condition;
        if ((option & StringOption.Condition) != 0)
            return StringOption.Condition & ~option;
        return (option & StringOption.Expiry) != 0 ? StringOption.Expiry & ~option : 0;
    }

    private static bool Reject(ref CommandContext context)
    {
        context.Reply.Error(Errors.Syntax);
        return false;
    }

    private static bool RejectExpiry(ref CommandContext context)
    {
        Span<byte> name = stackalloc byte[64];
        int length = Encoding.ASCII.GetBytes(context.Command.Name, name);
        context.Reply.Error(Errors.InvalidExpiryPrefix, name[..length], Errors.InCommandSuffix);
        return false;
    }
}
