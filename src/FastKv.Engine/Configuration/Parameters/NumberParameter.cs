using System.Globalization;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>How a number is written.</summary>
internal enum NumberKind
{
    /// <summary>A plain decimal integer.</summary>
    Integer,

    /// <summary>An amount of memory, with units.</summary>
    Memory,

    /// <summary>An amount of memory, or a percentage, which is stored negated.</summary>
    MemoryOrPercent,

    /// <summary>An octal number (file permissions).</summary>
    Octal,
}

/// <summary>The range and meaning of a number.</summary>
/// <param name="Min">Smallest value allowed.</param>
/// <param name="Max">Largest value allowed; compared as unsigned when <paramref name="IsUnsigned"/>.</param>
/// <param name="Default">Value when nothing is configured.</param>
/// <param name="Kind">How it is written.</param>
/// <param name="IsUnsigned">Whether the bounds are compared, and named in errors, as unsigned numbers.</param>
internal readonly record struct NumberRange(long Min, long Max, long Default, NumberKind Kind, bool IsUnsigned);

/// <summary>A numeric parameter. Its value lives in an int field, in a long field, or (no effect yet) in the options' store.</summary>
internal sealed class NumberParameter(
    string name, NumberRange range, FieldRef<int>? intField, FieldRef<long>? longField, ConfigFlags flags, string? alias)
    : ConfigParameter(name, alias, flags, intField is not null || longField is not null)
{
    internal override void Initialize(ServerOptions options) => Store(options, range.Default);

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = null;
        if (!TryParse(words[0], out long value))
            error = ParseError;
        else if (!IsInRange(value))
            error = RangeError(value);
        if (error is not null)
            return SetOutcome.Rejected;
        if (Load(options) == value)
            return SetOutcome.Unchanged;
        Store(options, value);
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options) => Format(Load(options));

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
    {
        long value = Load(options);
        bool isMemory = range.Kind == NumberKind.Memory || (range.Kind == NumberKind.MemoryOrPercent && value >= 0);
        rewriter.Put(Name, $"{Name} {(isMemory ? MemorySize.Format(value) : Format(value))}", force: value != range.Default);
    }

    private bool TryParse(string text, out long value)
    {
        switch (range.Kind)
        {
            case NumberKind.Octal:
                return ConfigText.TryParseLoose(text, 8, out value, out bool overflow) && !overflow;
            case NumberKind.Integer:
                return ConfigText.TryParseCanonical(text, out value);
            default:
                bool parsed = MemorySize.TryParse(text, out ulong bytes);
                value = unchecked((long)bytes);
                return parsed || (range.Kind == NumberKind.MemoryOrPercent && TryParsePercent(text, out value));
        }
    }

    private static bool TryParsePercent(string text, out long value)
    {
        value = 0;
        if (text.Length < 2 || text[^1] != '%' || !ConfigText.TryParseCanonical(text.AsSpan(0, text.Length - 1), out long percent) || percent < 0)
            return false;
        value = -percent;
        return true;
    }

    private bool IsInRange(long value)
    {
        if (range.IsUnsigned)
            return (ulong)value >= (ulong)range.Min && (ulong)value <= (ulong)range.Max;
        return value >= range.Min && (value <= range.Max || (range.Kind == NumberKind.MemoryOrPercent && value < 0));
    }

    private string ParseError => range.Kind switch
    {
        NumberKind.Memory => "argument must be a memory value",
        NumberKind.MemoryOrPercent => "argument must be a memory or percent value",
        NumberKind.Octal => "argument couldn't be parsed as an octal number",
        _ => "argument couldn't be parsed into an integer",
    };

    private string RangeError(long value)
    {
        if (range.Kind == NumberKind.MemoryOrPercent && value < 0)
            return string.Create(CultureInfo.InvariantCulture, $"percentage argument must be less or equal to {-range.Min}");
        if (range.Kind == NumberKind.Octal)
            return $"argument must be between {Convert.ToString(range.Min, 8)} and {Convert.ToString(range.Max, 8)} inclusive";
        return range.IsUnsigned
            ? string.Create(CultureInfo.InvariantCulture, $"argument must be between {(ulong)range.Min} and {(ulong)range.Max} inclusive")
            : string.Create(CultureInfo.InvariantCulture, $"argument must be between {range.Min} and {range.Max} inclusive");
    }

    private string Format(long value) => range.Kind switch
    {
        NumberKind.Octal => Convert.ToString(value, 8),
        NumberKind.Memory => ((ulong)value).ToString(CultureInfo.InvariantCulture),
        NumberKind.MemoryOrPercent when value < 0 => (-value).ToString(CultureInfo.InvariantCulture) + "%",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private long Load(ServerOptions options)
    {
        if (intField is not null)
            return intField(options);
        return longField is not null ? longField(options) : options.StoredNumbers[Index];
    }

    private void Store(ServerOptions options, long value)
    {
        if (intField is not null)
            intField(options) = checked((int)value);
        else if (longField is not null)
            longField(options) = value;
        else
            options.StoredNumbers[Index] = value;
    }
}
