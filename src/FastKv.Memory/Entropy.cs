namespace FastKv.Memory;

public interface IEntropy
{
    void Fill(Span<byte> destination);
}

public sealed class SystemEntropy : IEntropy
{
    public static SystemEntropy Instance { get; } = new();
    public void Fill(Span<byte> destination) => throw new NotImplementedException();
}

public struct RandomSource(ulong seed)
{
    private ulong _seed = seed;
    public ulong Next() => throw new NotImplementedException();
    public long Below(long bound) => throw new NotImplementedException();
}
