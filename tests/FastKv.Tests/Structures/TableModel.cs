using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.Structures;

// A table beside a dictionary: every operation is done to both, and what the table says is compared.
internal sealed unsafe class TableModel<TLayout> : IDisposable
    where TLayout : struct, IEntryLayout
{
    internal const ulong HashSeed = 0x1234_5678_9ABC_DEF1;

    private readonly Dictionary<string, nint> _model = [];
    private readonly List<string> _keys = [];
    private readonly Dictionary<string, int> _positions = [];

    internal TableModel(bool guarded = true, ulong seed = HashSeed)
    {
        Heap = new NativeHeap("table", guarded);
        Table = new ExtendibleTable<TLayout>(Heap, seed);
    }

    internal NativeHeap Heap { get; }

    internal ExtendibleTable<TLayout> Table { get; }

    internal void SetNow(long nowMs)
    {
        var table = Table;
        table.NowMs = nowMs;
    }

    internal IReadOnlyDictionary<string, nint> Entries => _model;

    internal int Count => _keys.Count;

    internal string KeyAt(int index) => _keys[index];

    internal ulong HashOf(byte* entry) => TLayout.HashOf<TLayout>(entry, Table.HashSeed);

    internal void Insert(string key, long expiryMs = -1)
    {
        byte* entry = StringEntry.Create(Heap, Encoding.UTF8.GetBytes(key), "value of "u8, expiryMs);
        Table.Insert(HashOf(entry), entry);
        _model.Add(key, (nint)entry);
        _positions.Add(key, _keys.Count);
        _keys.Add(key);
    }

    internal void Replace(string key, ReadOnlySpan<byte> value)
    {
        var entry = (byte*)_model[key];
        ulong hash = HashOf(entry);
        byte* replaced = StringEntry.Overwrite(Heap, entry, value);
        if (replaced != entry)
            Table.Replace(hash, entry, replaced);
        _model[key] = (nint)replaced;
    }

    internal void Remove(string key)
    {
        var entry = (byte*)_model[key];
        Table.Remove(HashOf(entry), entry);
        StringEntry.Free(Heap, entry);
        Forget(key);
    }

    /// <summary>Drops a key that the table has dropped.</summary>
    internal void Forget(string key)
    {
        _model.Remove(key);
        _positions.Remove(key, out int position);
        string last = _keys[^1];
        _keys.RemoveAt(_keys.Count - 1);
        if (last != key)
        {
            _keys[position] = last;
            _positions[last] = position;
        }
    }

    internal byte* Find(string key)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(key);
        byte* probe = StringEntry.Create(Heap, bytes, default);
        ulong hash = HashOf(probe);
        StringEntry.Free(Heap, probe);
        Table.PrefetchBucket(hash);
        if (Table.PrefetchEntry(hash))
            Table.PrefetchDisplaced(hash);
        return Table.Find(hash, bytes);
    }

    internal void Check()
    {
        Assert.Equal(_keys.Count, Table.Count);
        foreach ((string key, nint entry) in _model)
            Assert.True((byte*)entry == Find(key), $"'{key}' is found");
        HashSet<string> seen = [];
        for (ulong cursor = ScanStep(0, seen); cursor != 0;)
            cursor = ScanStep(cursor, seen);
        Assert.Equal(_keys.Count, seen.Count);
        Assert.All(seen, key => Assert.True(_model.ContainsKey(key)));
        if (_keys.Count == 0)
            Assert.Equal(0, Table.MemoryBytes);
    }

    internal ulong ScanStep(ulong cursor, HashSet<string> seen)
    {
        var visitor = new Collector { Seen = seen };
        return Table.Scan(cursor, ref visitor);
    }

    public void Dispose()
    {
        foreach (nint entry in _model.Values)
            StringEntry.Free(Heap, (byte*)entry);
        Table.Release();
        Assert.Equal(0, Table.MemoryBytes);
        Table.Dispose();
        Assert.Equal(0, Heap.LiveBlocks);
        Heap.Dispose();
    }

    internal static string KeyOf(byte* entry) => Encoding.UTF8.GetString(new EntryRef(entry).Key);

    private struct Collector : IEntryVisitor
    {
        internal HashSet<string> Seen;

        public readonly void Visit(byte* entry) => Seen.Add(KeyOf(entry));
    }
}

// A layout whose hashes agree in all but a few bits: splitting is of no use.
internal readonly unsafe struct SkewedLayout : IEntryLayout
{
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => KeyEntryLayout.KeyOf(entry);

    public static long ExpiryOf(byte* entry) => KeyEntryLayout.ExpiryOf(entry);

    public static ulong HashOf<TLayout>(byte* entry, ulong seed)
        where TLayout : struct, IEntryLayout => 0x1234_5678_9ABC_0000UL | KeyOf(entry)[^1];
}

// All keys share two prefixes of 13 bits: a deep, lopsided directory.
internal readonly unsafe struct LopsidedLayout : IEntryLayout
{
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => KeyEntryLayout.KeyOf(entry);

    public static long ExpiryOf(byte* entry) => KeyEntryLayout.ExpiryOf(entry);

    public static ulong HashOf<TLayout>(byte* entry, ulong seed)
        where TLayout : struct, IEntryLayout
    {
        fixed (byte* key = KeyOf(entry))
        {
            ulong hash = KeyHash.Compute(key, KeyOf(entry).Length, seed);
            return (hash & 1) != 0 ? hash >> 13 : hash | 0xFFF8_0000_0000_0000;
        }
    }
}
