namespace FastKv.Engine.Keyspace;

internal sealed class Partition
{
    public int Index;
    public long NowMs;
    public required Routing Routing;
    public required Database[] Databases;
}
