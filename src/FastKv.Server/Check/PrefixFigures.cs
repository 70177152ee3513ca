using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace FastKv.Server.Check;

// Control plane. Keys by what stands before the first separator of their name ("user:" of "user:1000"). The number of prefixes is bounded: names without order
// would otherwise be kept one by one.

/// <summary>Sums over keys by prefix.</summary>
internal sealed class PrefixFigures
{
    /// <summary>Prefixes that are told apart; the rest is one sum.</summary>
    private const int PrefixesMax = 10_000;
    private const int PrefixBytesMax = 256;

    private readonly byte[] _separator;
    private readonly Dictionary<byte[], KeyFigures> _byPrefix = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], KeyFigures>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    /// <param name="separator">What ends a prefix, Latin-1.</param>
    public PrefixFigures(string separator)
    {
        _separator = Encoding.Latin1.GetBytes(separator);
        _lookup = _byPrefix.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Keys without a separator in their first 256 bytes.</summary>
    public KeyFigures Without { get; } = new();

    /// <summary>Keys whose prefix came after too many others.</summary>
    public KeyFigures Others { get; } = new();

    /// <summary>Adds one key. O(prefix).</summary>
    public void Add(ReadOnlySpan<byte> key, long fileBytes, in ValueFigures value) => For(key).Add(fileBytes, value);

    /// <summary>The prefixes with the most memory, as many as wanted.</summary>
    public List<(byte[] Prefix, KeyFigures Figures)> Largest(int count)
    {
        var byMemory = _byPrefix.OrderByDescending(pair => pair.Value.MemoryBytes).ThenBy(pair => Convert.ToHexString(pair.Key), StringComparer.Ordinal);
        return [.. byMemory.Take(count).Select(pair => (pair.Key, pair.Value))];
    }

    /// <summary>How many prefixes there are.</summary>
    public int Count => _byPrefix.Count;

    private KeyFigures For(ReadOnlySpan<byte> key)
    {
        int end = _separator.Length == 0 ? -1 : key[..Math.Min(key.Length, PrefixBytesMax)].IndexOf(_separator);
        if (end < 0)
            return Without;
        var prefix = key[..(end + _separator.Length)];
        if (_lookup.TryGetValue(prefix, out var figures))
            return figures;
        if (_byPrefix.Count == PrefixesMax)
            return Others;
        figures = new KeyFigures();
        _byPrefix.Add(prefix.ToArray(), figures);
        return figures;
    }

    /// <summary>Compares bytes, so that a prefix is looked up where it stands.</summary>
    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly BytesComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
