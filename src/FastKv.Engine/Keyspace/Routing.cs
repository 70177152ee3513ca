using System.Runtime.CompilerServices;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace;

/// <summary>Hash seed and slot map: slot = CRC16 of the key or its hash tag, shard = contiguous slot range (DESIGN 1).</summary>
internal sealed unsafe class Routing(int shardCount, ulong hashSeed)
{
    private readonly int _shardCount = shardCount;
    private readonly ulong _hashSeed = hashSeed;

    public int ShardCount => _shardCount;
    public ulong HashSeed => _hashSeed;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Hash(byte* key, int length) => KeyHash.Compute(key, length, _hashSeed);

    public int ShardOf(in Key key) => ShardOf(key.Pointer, key.Length);

    public int ShardOf(byte* key, int length) => _shardCount == 1 ? 0 : ShardOfSlot(KeySlot.Compute(key, length));

    public int ShardOfSlot(int slot) => (int)((uint)(slot * _shardCount) / KeySlot.Count);
}
