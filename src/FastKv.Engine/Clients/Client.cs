namespace FastKv.Engine.Clients;

internal sealed class Client
{
    public long Id;
}
