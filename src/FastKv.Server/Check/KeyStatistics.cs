using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Server.Check;

/// <summary>What there is to say of the keys of a file, gathered key by key in bounded memory. Control plane.</summary>
internal sealed class KeyStatistics(InfoOptions options, long nowMs)
{
    private const int Encodings = 16;

    private readonly KeyFigures?[] _byEncoding = new KeyFigures?[Encodings * Encodings];
    private readonly long _nowMs = nowMs;

    /// <summary>All keys.</summary>
    public KeyFigures All { get; } = new();

    /// <summary>By database.</summary>
    public SortedDictionary<ulong, DatabaseFigures> Databases { get; } = [];

    /// <summary>Times to live.</summary>
    public TtlFigures Ttl { get; } = new();

    /// <summary>By estimated memory.</summary>
    public LargestKeys LargestByMemory { get; } = new(options.Top);

    /// <summary>By elements; strings are not among them.</summary>
    public LargestKeys LargestByElements { get; } = new(options.Top);

    /// <summary>By the first part of their name.</summary>
    public PrefixFigures Prefixes { get; } = new(options.PrefixSeparator);

    /// <summary>Sums by type and encoding, those that occur.</summary>
    public IEnumerable<(ValueType Type, ValueEncoding Encoding, KeyFigures Figures)> ByEncoding
    {
        get
        {
            for (int i = 0; i < _byEncoding.Length; i++)
            {
                if (_byEncoding[i] is { } figures)
                    yield return ((ValueType)(i / Encodings), (ValueEncoding)(i % Encodings), figures);
            }
        }
    }

    /// <summary>Adds one key.</summary>
    /// <param name="database">Where it is.</param>
    /// <param name="key">Its name.</param>
    /// <param name="expiryMs">Unix milliseconds; −1: none.</param>
    /// <param name="fileBytes">Bytes of its record.</param>
    /// <param name="value">What it is.</param>
    public void Add(ulong database, ReadOnlySpan<byte> key, long expiryMs, long fileBytes, in ValueFigures value)
    {
        All.Add(fileBytes, value);
        if (!Databases.TryGetValue(database, out var figures))
            Databases.Add(database, figures = new DatabaseFigures());
        figures.Keys.Add(fileBytes, value);
        (_byEncoding[((int)value.Type * Encodings) + (int)value.Encoding] ??= new KeyFigures()).Add(fileBytes, value);
        if (expiryMs != -1)
        {
            Ttl.Add(expiryMs - _nowMs);
            figures.Expiries++;
            figures.Expired += expiryMs < _nowMs ? 1 : 0;
        }
        LargestByMemory.Add(value.MemoryBytes, key, database, fileBytes, value);
        if (value.Type != ValueType.String)
            LargestByElements.Add(value.Elements, key, database, fileBytes, value);
        Prefixes.Add(key, fileBytes, value);
    }
}

/// <summary>Sums of one database.</summary>
internal sealed class DatabaseFigures
{
    public KeyFigures Keys { get; } = new();

    public long Expiries, Expired;
}
