namespace FastKv.Structures;

/// <summary>What became of an element that was added to a HyperLogLog.</summary>
public enum HyperLogLogChange
{
    /// <summary>Its register was as high already.</summary>
    None,

    /// <summary>Its register was raised.</summary>
    Raised,

    /// <summary>The registers are corrupt, as only a client can have made them.</summary>
    Corrupt,
}
