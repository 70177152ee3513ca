namespace FastKv.Engine.Keyspace;

internal sealed unsafe class Database
{
    public int Index;
}
