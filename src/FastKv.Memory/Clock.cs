namespace FastKv.Memory;

public interface IClock
{
    long UnixMicroseconds { get; }
    long MonotonicMicroseconds { get; }
}

public sealed class SystemClock : IClock
{
    public static SystemClock Instance { get; } = new();
    public long UnixMicroseconds => throw new NotImplementedException();
    public long MonotonicMicroseconds => throw new NotImplementedException();
}

public sealed class ManualClock : IClock
{
    public long UnixMicroseconds { get; set; }
    public long MonotonicMicroseconds { get; set; }
}
